#include "read.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <yajl/yajl_parse.h>

#include <setjmp.h>
#include <string.h>

#include "buffer.h"
#include "utf8.h"

/* yajl doesn't check what its allocator returns. So when memory runs out, the
 * allocator leaves yajl by longjmp, and what yajl held is freed from this list. */
struct piece {
    _Alignas(16) struct piece *next;
    struct piece *previous;
    size_t size;
};

struct reader {
    struct intern *intern;
    nanvm_manager *scratch;
    struct problem *problem;
    yajl_handle parser;
    struct buffer words; /* Values not in a list yet: of all open lists, in order. */
    size_t depth;
    size_t starts[VALUE_HEIGHT_LIMIT]; /* Where the words of each open list begin. */
    size_t values;
    uint64_t digest;
    struct piece pieces; /* The ring of what yajl has allocated. */
    jmp_buf no_memory;
};

static void link_piece(struct reader *self, struct piece *piece) {
    piece->next = self->pieces.next;
    piece->previous = &self->pieces;
    piece->next->previous = piece;
    self->pieces.next = piece;
}

static void unlink_piece(struct piece *piece) {
    piece->next->previous = piece->previous;
    piece->previous->next = piece->next;
}

static nanvm_layout piece_layout(size_t size) {
    return nanvm_layout_make(size, _Alignof(struct piece));
}

static void *yajl_hook_realloc(void *context, void *memory, size_t size) {
    struct reader *self = context;
    struct piece *old = memory == NULL ? NULL : (struct piece *)memory - 1;
    size_t old_size = old == NULL ? 0 : old->size;
    if (old != NULL) {
        unlink_piece(old);
    }
    size += sizeof(struct piece);
    struct piece *piece =
        nanvm_manager_resize(self->scratch, old, piece_layout(old_size), size);
    if (piece == NULL) {
        if (old != NULL) {
            link_piece(self, old);
        }
        longjmp(self->no_memory, 1);
    }
    piece->size = size;
    link_piece(self, piece);
    return piece + 1;
}

static void *yajl_hook_malloc(void *context, size_t size) {
    return yajl_hook_realloc(context, NULL, size);
}

static void yajl_hook_free(void *context, void *memory) {
    struct reader *self = context;
    if (memory != NULL) {
        struct piece *piece = (struct piece *)memory - 1;
        unlink_piece(piece);
        nanvm_manager_dealloc(self->scratch, piece, piece_layout(piece->size));
    }
}

static void free_pieces(struct reader *self) {
    while (self->pieces.next != &self->pieces) {
        yajl_hook_free(self, self->pieces.next + 1);
    }
}

/* yajl goes on after 1, stops after 0. */
static int stop_without_memory(struct reader *self) {
    return problem_no_memory(self->problem);
}

static void digest(struct reader *self, enum kind kind, const void *bytes, size_t size) {
    self->digest = XXH3_64bits_withSeed(bytes, size, self->digest * 31 + (uint64_t)kind);
}

static int push(struct reader *self, value word) {
    if (++self->values > VALUE_SIZE_LIMIT) {
        return problem_set(self->problem, PROBLEM_DATA, "more than %u values",
                           (unsigned)VALUE_SIZE_LIMIT);
    }
    if (value_is_absent(word) || !buffer_add(&self->words, &word, sizeof(word))) {
        return stop_without_memory(self);
    }
    return 1;
}

static int push_constant(struct reader *self, enum kind kind) {
    digest(self, kind, "", 0);
    return push(self, value_constant(kind));
}

static int push_text(struct reader *self, enum kind kind, const void *bytes, size_t size) {
    digest(self, kind, bytes, size);
    return push(self, intern_text(self->intern, kind, (struct text){bytes, size}));
}

static int on_null(void *context) {
    return push_constant(context, KIND_NULL);
}

static int on_boolean(void *context, int truth) {
    return push_constant(context, truth ? KIND_TRUE : KIND_FALSE);
}

static int on_number(void *context, const char *bytes, size_t size) {
    return push_text(context, KIND_NUMBER, bytes, size);
}

static int on_string(void *context, const unsigned char *bytes, size_t size) {
    return push_text(context, KIND_STRING, bytes, size);
}

static int open_list(struct reader *self, enum kind kind) {
    if (self->depth == VALUE_HEIGHT_LIMIT) {
        return problem_set(self->problem, PROBLEM_DATA, "nested deeper than %d levels",
                           VALUE_HEIGHT_LIMIT);
    }
    digest(self, kind, "[", 1);
    self->starts[self->depth++] = self->words.length;
    return 1;
}

static int close_list(struct reader *self, enum kind kind) {
    size_t start = self->starts[--self->depth];
    size_t length = (self->words.length - start) / sizeof(value);
    const value *words = (const value *)(const void *)(self->words.bytes + start);
    digest(self, kind, "]", 1);
    value list = intern_list(self->intern, kind, words, length);
    self->words.length = start;
    return push(self, list);
}

static int on_start_map(void *context) {
    return open_list(context, KIND_OBJECT);
}

static int on_end_map(void *context) {
    return close_list(context, KIND_OBJECT);
}

static int on_start_array(void *context) {
    return open_list(context, KIND_ARRAY);
}

static int on_end_array(void *context) {
    return close_list(context, KIND_ARRAY);
}

static const yajl_callbacks callbacks = {.yajl_null = on_null,
                                         .yajl_boolean = on_boolean,
                                         .yajl_number = on_number,
                                         .yajl_string = on_string,
                                         .yajl_start_map = on_start_map,
                                         .yajl_map_key = on_string,
                                         .yajl_end_map = on_end_map,
                                         .yajl_start_array = on_start_array,
                                         .yajl_end_array = on_end_array};

static bool locate(struct problem *problem, struct text text, size_t offset) {
    size_t line_start = 0;
    problem->line = 1;
    for (size_t i = 0; i < offset && i < text.length; i++) {
        if (text.bytes[i] == '\n') {
            problem->line++;
            line_start = i + 1;
        }
    }
    problem->column = offset - line_start + 1;
    return false;
}

/* yajl says "parse error: unallowed token ...\n". */
static bool explain(struct reader *self, struct text text) {
    unsigned char *message = yajl_get_error(self->parser, 0, NULL, 0);
    const char *colon = strstr((const char *)message, ": ");
    const char *reason = colon == NULL ? (const char *)message : colon + 2;
    problem_set(self->problem, PROBLEM_DATA, "%.*s", (int)strcspn(reason, ".\n"), reason);
    yajl_free_error(self->parser, message);
    return locate(self->problem, text, yajl_get_bytes_consumed(self->parser));
}

static bool parse_part(struct reader *self, struct text text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    yajl_status status = yajl_parse(self->parser, bytes, length);
    if (status == yajl_status_ok && length == text.length) {
        status = yajl_complete_parse(self->parser);
    }
    if (status == yajl_status_client_canceled) {
        return locate(self->problem, text, yajl_get_bytes_consumed(self->parser));
    }
    return status == yajl_status_ok || explain(self, text);
}

/* Up to the first place that isn't proper UTF-8, so that of two mistakes the
 * first is named. */
static bool parse(struct reader *self, struct text text) {
    const char *what = NULL;
    size_t valid = utf8_check(text.bytes, text.length, &what);
    yajl_alloc_funcs hooks = {yajl_hook_malloc, yajl_hook_realloc, yajl_hook_free, self};
    self->parser = yajl_alloc(&callbacks, &hooks, self);
    yajl_config(self->parser, yajl_dont_validate_strings, 1);
    bool parsed = parse_part(self, text, valid);
    if (parsed && valid != text.length) {
        problem_set(self->problem, PROBLEM_DATA, "%s", what);
        parsed = locate(self->problem, text, valid);
    }
    yajl_free(self->parser);
    return parsed;
}

/* In a function of its own, which has no variable that longjmp could spoil. */
static bool parse_or_run_out(struct reader *self, struct text text) {
    if (setjmp(self->no_memory) != 0) {
        free_pieces(self);
        return problem_no_memory(self->problem);
    }
    return parse(self, text);
}

bool read_text(struct intern *intern, nanvm_manager *scratch, struct text text,
               struct document *document, struct problem *problem) {
    struct reader reader = {.intern = intern, .scratch = scratch, .problem = problem};
    reader.words = buffer_make(scratch);
    reader.pieces.next = reader.pieces.previous = &reader.pieces;
    bool read = buffer_reserve(&reader.words, sizeof(value))
                    ? parse_or_run_out(&reader, text)
                    : problem_no_memory(problem);
    if (read) {
        memcpy(&document->root, reader.words.bytes, sizeof(value));
        document->digest = reader.digest;
    }
    buffer_free(&reader.words);
    return read;
}
