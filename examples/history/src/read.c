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
    struct text text;
    bool at_end;      /* yajl has seen all of the text. */
    size_t token_end; /* Of the last token that had an event. */
    char separator;   /* What may follow it: ',' or ':', or 0 for neither. */
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

/* Every event passes here. `separator` is what may follow it inside a list. */
static void note(struct reader *self, enum kind kind, struct text text, char separator) {
    self->digest =
        XXH3_64bits_withSeed(text.bytes, text.length, self->digest * 31 + (uint64_t)kind);
    self->token_end =
        self->at_end ? self->text.length : yajl_get_bytes_consumed(self->parser);
    self->separator = self->depth == 0 ? '\0' : separator;
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
    note(self, kind, (struct text){"", 0}, ',');
    return push(self, value_constant(kind));
}

static int push_text(struct reader *self, enum kind kind, struct text text,
                     char separator) {
    note(self, kind, text, separator);
    return push(self, intern_text(self->intern, kind, text));
}

static int on_null(void *context) {
    return push_constant(context, KIND_NULL);
}

static int on_boolean(void *context, int truth) {
    return push_constant(context, truth ? KIND_TRUE : KIND_FALSE);
}

static int on_number(void *context, const char *bytes, size_t size) {
    return push_text(context, KIND_NUMBER, (struct text){bytes, size}, ',');
}

static int on_string(void *context, const unsigned char *bytes, size_t size) {
    return push_text(context, KIND_STRING, (struct text){(const char *)bytes, size}, ',');
}

static int on_name(void *context, const unsigned char *bytes, size_t size) {
    return push_text(context, KIND_STRING, (struct text){(const char *)bytes, size}, ':');
}

static int open_list(struct reader *self, enum kind kind) {
    if (self->depth == VALUE_HEIGHT_LIMIT) {
        return problem_set(self->problem, PROBLEM_DATA, "nested deeper than %d levels",
                           VALUE_HEIGHT_LIMIT);
    }
    note(self, kind, (struct text){"[", 1}, '\0');
    self->starts[self->depth++] = self->words.length;
    return 1;
}

static int close_list(struct reader *self, enum kind kind) {
    size_t start = self->starts[--self->depth];
    size_t length = (self->words.length - start) / sizeof(value);
    const value *words = (const value *)(const void *)(self->words.bytes + start);
    note(self, kind, (struct text){"]", 1}, ',');
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
                                         .yajl_map_key = on_name,
                                         .yajl_end_map = on_end_map,
                                         .yajl_start_array = on_start_array,
                                         .yajl_end_array = on_end_array};

static bool locate(const struct reader *self, size_t offset) {
    size_t line_start = 0;
    self->problem->line = 1;
    for (size_t i = 0; i < offset && i < self->text.length; i++) {
        if (self->text.bytes[i] == '\n') {
            self->problem->line++;
            line_start = i + 1;
        }
    }
    self->problem->column = offset - line_start + 1;
    return false;
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static size_t skip_space(struct text text, size_t at) {
    while (at < text.length && is_space(text.bytes[at])) {
        at++;
    }
    return at;
}

/* The token that yajl stumbled over: the next one after the last event, but for a
 * separator that was in order. yajl itself only knows where it stopped reading. */
static size_t unexpected_token(const struct reader *self) {
    struct text text = self->text;
    size_t at = skip_space(text, self->token_end);
    if (self->separator != '\0' && at < text.length &&
        text.bytes[at] == self->separator) {
        at = skip_space(text, at + 1);
    }
    return at;
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Where the mistake is that `message` tells of. */
static size_t find_mistake(const struct reader *self, const char *message) {
    size_t consumed = yajl_get_bytes_consumed(self->parser);
    if (strstr(message, "premature EOF") != NULL) {
        return self->text.length;
    }
    if (!starts_with(message, "lexical error")) {
        return unexpected_token(self);
    }
    if (self->at_end) {
        return self->text.length;
    }
    /* This one it has read already, others not. */
    return consumed - (strstr(message, "invalid char in") != NULL && consumed != 0);
}

/* yajl says "parse error: unallowed token ...\n". */
static bool explain(struct reader *self) {
    unsigned char *error = yajl_get_error(self->parser, 0, NULL, 0);
    const char *message = (const char *)error;
    const char *colon = strstr(message, ": ");
    const char *reason = colon == NULL ? message : colon + 2;
    size_t offset = find_mistake(self, message);
    problem_set(self->problem, PROBLEM_DATA, "%.*s", (int)strcspn(reason, ".\n"), reason);
    yajl_free_error(self->parser, error);
    return locate(self, offset);
}

/* yajl overlooks a string that begins behind the text's value and doesn't end. */
static bool ends_properly(const struct reader *self) {
    size_t rest = skip_space(self->text, self->token_end);
    if (rest == self->text.length) {
        return true;
    }
    problem_set(self->problem, PROBLEM_DATA, "trailing garbage");
    return locate(self, rest);
}

static bool parse_part(struct reader *self, size_t length) {
    const unsigned char *bytes = (const unsigned char *)self->text.bytes;
    yajl_status status = yajl_parse(self->parser, bytes, length);
    if (status == yajl_status_ok && length == self->text.length) {
        self->at_end = true;
        status = yajl_complete_parse(self->parser);
    }
    if (status == yajl_status_client_canceled) {
        return self->problem->kind != PROBLEM_NO_MEMORY &&
               locate(self, unexpected_token(self));
    }
    return status == yajl_status_ok ? !self->at_end || ends_properly(self)
                                    : explain(self);
}

/* Up to the first place that isn't proper UTF-8, so that of two mistakes the
 * first is named. */
static bool parse(struct reader *self) {
    const char *what = NULL;
    size_t valid = utf8_check(self->text.bytes, self->text.length, &what);
    yajl_alloc_funcs hooks = {yajl_hook_malloc, yajl_hook_realloc, yajl_hook_free, self};
    self->parser = yajl_alloc(&callbacks, &hooks, self);
    yajl_config(self->parser, yajl_dont_validate_strings, 1);
    bool parsed = parse_part(self, valid);
    if (parsed && valid != self->text.length) {
        problem_set(self->problem, PROBLEM_DATA, "%s", what);
        parsed = locate(self, valid);
    }
    yajl_free(self->parser);
    return parsed;
}

/* In a function of its own, which has no variable that longjmp could spoil. */
static bool parse_or_run_out(struct reader *self) {
    if (setjmp(self->no_memory) != 0) {
        free_pieces(self);
        return problem_no_memory(self->problem);
    }
    return parse(self);
}

bool read_text(struct intern *intern, nanvm_manager *scratch, struct text text,
               struct document *document, struct problem *problem) {
    struct reader reader = {
        .intern = intern, .scratch = scratch, .problem = problem, .text = text};
    reader.words = buffer_make(scratch);
    reader.pieces.next = reader.pieces.previous = &reader.pieces;
    bool read = buffer_reserve(&reader.words, sizeof(value)) ? parse_or_run_out(&reader)
                                                             : problem_no_memory(problem);
    if (read) {
        memcpy(&document->root, reader.words.bytes, sizeof(value));
        document->digest = reader.digest;
    }
    buffer_free(&reader.words);
    return read;
}
