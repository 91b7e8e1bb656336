#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_code {
    OPTION_PATCHES = 256,
    OPTION_GIT,
    OPTION_AT,
    OPTION_DIFF,
    OPTION_SVG,
    OPTION_MANAGER,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"patches", required_argument, NULL, OPTION_PATCHES},
    {"git", required_argument, NULL, OPTION_GIT},
    {"at", required_argument, NULL, OPTION_AT},
    {"diff", required_argument, NULL, OPTION_DIFF},
    {"svg", required_argument, NULL, OPTION_SVG},
    {"manager", required_argument, NULL, OPTION_MANAGER},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0}};

void options_print_help(void) {
    puts("Usage: history [OPTION]... [FILE]...\n"
         "Keeps every version of a JSON document at once, and prints what that takes.\n"
         "\n"
         "Where the versions come from:\n"
         "  FILE...                   whole versions, the oldest first\n"
         "  --patches BASE PATCHES    a document, and an array of RFC 6902 patches,\n"
         "                            each of which makes a version\n"
         "  --git PATH                every version of a file in a git repository\n"
         "  (none of these)           a document and patches that come along\n"
         "\n"
         "What to do with them, in place of the table; versions count from 1, and\n"
         "\"last\" is the last:\n"
         "  --at N                    print version N\n"
         "  --diff A B                print the paths that changed from A to B\n"
         "\n"
         "And besides:\n"
         "  --svg A B OUT             draw two versions and what they share\n"
         "  --manager global|local|arena\n"
         "                            where memory comes from; local if not said\n"
         "  --help                    print this\n"
         "\n"
         "Exit status: 0 all is well; 64 wrong arguments; 65 a version or a patch was\n"
         "not valid and is skipped; 66 a file can't be read; 69 git or dot is missing\n"
         "or failed; 70 a version read back differs, or memory leaked; 71 out of\n"
         "memory; 74 a file can't be written.");
}

static bool complain(const char *what, const char *argument) {
    fprintf(stderr, "history: %s%s%s\nTry \"history --help\".\n", what,
            argument == NULL ? "" : ": ", argument == NULL ? "" : argument);
    return false;
}

static bool read_number(const char *text, size_t *number) {
    char *end = NULL;
    if (strcmp(text, "last") == 0) {
        *number = SIZE_MAX;
        return true;
    }
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    bool digits = text[0] >= '0' && text[0] <= '9' && *end == '\0';
    if (!digits || errno != 0 || parsed == 0 || parsed >= SIZE_MAX) {
        return complain("not the number of a version", text);
    }
    *number = (size_t)parsed;
    return true;
}

static bool read_manager(const char *text, enum memory_kind *kind) {
    static const char *const names[] = {"global", "local", "arena"};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *kind = (enum memory_kind)i;
            return true;
        }
    }
    return complain("not a manager", text);
}

/* getopt knows options with one argument; what follows it is the next. */
static const char *next_argument(int count, char **arguments) {
    return optind < count ? arguments[optind++] : NULL;
}

static bool choose_source(struct options *self, enum source source) {
    if (self->source != SOURCE_DEFAULT) {
        return complain("versions can come from one place only", NULL);
    }
    self->source = source;
    return true;
}

static bool read_patches(struct options *self, int count, char **arguments) {
    self->base = optarg;
    self->patches = next_argument(count, arguments);
    return self->patches == NULL ? complain("--patches takes two files", NULL)
                                 : choose_source(self, SOURCE_PATCHES);
}

static bool read_pair(size_t pair[2], const char *name, int count, char **arguments) {
    const char *second = next_argument(count, arguments);
    if (second == NULL) {
        return complain("two versions are expected", name);
    }
    return read_number(optarg, &pair[0]) && read_number(second, &pair[1]);
}

static bool read_svg(struct options *self, int count, char **arguments) {
    if (!read_pair(self->svg, "--svg", count, arguments)) {
        return false;
    }
    self->svg_path = next_argument(count, arguments);
    return self->svg_path != NULL ||
           complain("--svg takes two versions and a file", NULL);
}

static bool read_option(struct options *self, int code, int count, char **arguments) {
    switch (code) {
    case OPTION_PATCHES:
        return read_patches(self, count, arguments);
    case OPTION_GIT:
        self->git = optarg;
        return choose_source(self, SOURCE_GIT);
    case OPTION_AT:
        return read_number(optarg, &self->at);
    case OPTION_DIFF:
        return read_pair(self->diff, "--diff", count, arguments);
    case OPTION_SVG:
        return read_svg(self, count, arguments);
    case OPTION_MANAGER:
        return read_manager(optarg, &self->memory);
    case OPTION_HELP:
        self->help = true;
        return true;
    default:
        return complain(code == ':' ? "an argument is missing" : "unknown option",
                        arguments[optind - 1]);
    }
}

/* "-" makes getopt hand over what is no option in its place, as code 1: so the
 * arguments are never reordered under an option that takes two. */
static bool read_file_name(struct options *self) {
    if (self->source != SOURCE_FILES && !choose_source(self, SOURCE_FILES)) {
        return false;
    }
    self->files[self->files_length++] = optarg;
    return true;
}

/* The names of the files are gathered where the arguments are. */
bool options_read(struct options *self, int count, char **arguments) {
    *self = (struct options){.memory = MEMORY_LOCAL, .files = arguments};
    optind = 0; /* Starts anew, also the second time. */
    for (int code;
         (code = getopt_long(count, arguments, "-:", long_options, NULL)) != -1;) {
        if (!(code == 1 ? read_file_name(self)
                        : read_option(self, code, count, arguments))) {
            return false;
        }
    }
    while (optind < count) {
        optarg = arguments[optind++];
        if (!read_file_name(self)) {
            return false;
        }
    }
    return true;
}
