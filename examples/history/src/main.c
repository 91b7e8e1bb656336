#include "problem.h"
#include "run.h"

int main(int count, char **arguments) {
    struct options options;
    if (!options_read(&options, count, arguments)) {
        return PROBLEM_USAGE;
    }
    if (options.help) {
        options_print_help();
        return 0;
    }
    return history_run(&options, NULL);
}
