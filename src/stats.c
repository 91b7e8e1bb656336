/* Statistics as text and as JSON. */
#include "internal.h"

typedef struct printer {
    FILE *file;
    bool failed;
    bool first; /* no type has been printed yet */
} printer;

/* All output goes through here: a failure is remembered. ferror() is asked, too: MinGW's
 * fprintf returns the length of the text even if it wasn't written. */
#define PRINT(printer, ...)                                                              \
    ((printer)->failed |=                                                                \
     fprintf((printer)->file, __VA_ARGS__) < 0 || ferror((printer)->file) != 0)

/* How a number is printed: what surrounds its name, what follows the number, and what
 * stands for an unknown one. */
typedef struct style {
    const char *quote;
    const char *end;
    const char *unknown;
} style;

static void print_number(printer *out, const style *how, const char *name, size_t value) {
    char digits[3 * sizeof(size_t) + 1];
    (void)snprintf(digits, sizeof(digits), "%zu", value);
    PRINT(out, "%s%s%s: %s%s", how->quote, name, how->quote,
          value == NANVM_STATS_UNKNOWN ? how->unknown : digits, how->end);
}

static void print_numbers(printer *out, const style *how, const nanvm_stats *stats) {
    print_number(out, how, "live_blocks", stats->live_blocks);
    print_number(out, how, "live_bytes", stats->live_bytes);
    print_number(out, how, "peak_bytes", stats->peak_bytes);
    print_number(out, how, "reserved_bytes", stats->reserved_bytes);
    print_number(out, how, "clones", stats->clones);
}

static void print_types(printer *out, const nanvm_manager *manager,
                        nanvm_type_stats_visitor *print) {
    nanvm_stats stats = {.size = sizeof(nanvm_stats),
                         .version = NANVM_STATS_VERSION,
                         .each = print,
                         .context = out};
    nanvm_manager_stats(manager, &stats);
}

static void print_type(const nanvm_type_stats *stats, void *context) {
    printer *out = context;
    PRINT(out, "  %s: %zu live, %zu bytes, peak %zu\n", nanvm_type_name(stats->type),
          stats->live_blocks, stats->live_bytes, stats->peak_blocks);
}

bool nanvm_stats_print(const nanvm_manager *manager, FILE *file) {
    printer out = {file, false, true};
    nanvm_stats stats = nanvm_stats_make(manager);
    print_numbers(&out, &(style){"", "\n", "not counted"}, &stats);
    print_types(&out, manager, print_type);
    return !out.failed;
}

static void print_json_string(printer *out, const char *text) {
    PRINT(out, "\"");
    for (; *text != '\0'; ++text) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == '"' || c == '\\') {
            PRINT(out, "\\u%04x", (unsigned)c);
        } else {
            PRINT(out, "%c", c);
        }
    }
    PRINT(out, "\"");
}

static void print_json_type(const nanvm_type_stats *stats, void *context) {
    printer *out = context;
    PRINT(out, "%s{\"name\": ", out->first ? "" : ", ");
    print_json_string(out, nanvm_type_name(stats->type));
    PRINT(out, ", \"live_blocks\": %zu, \"live_bytes\": %zu, \"peak_blocks\": %zu}",
          stats->live_blocks, stats->live_bytes, stats->peak_blocks);
    out->first = false;
}

bool nanvm_stats_print_json(const nanvm_manager *manager, FILE *file) {
    printer out = {file, false, true};
    nanvm_stats stats = nanvm_stats_make(manager);
    PRINT(&out, "{\"version\": %d, ", NANVM_STATS_VERSION);
    print_numbers(&out, &(style){"\"", ", ", "null"}, &stats);
    PRINT(&out, "\"objects\": [");
    print_types(&out, manager, print_json_type);
    PRINT(&out, "]}\n");
    return !out.failed;
}
