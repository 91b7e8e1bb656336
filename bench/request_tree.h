/* The tree that a request makes of its document, JSON or XML: nodes, names and texts are
 * pieces of memory of their own. */
#ifndef BENCH_REQUEST_TREE_H
#define BENCH_REQUEST_TREE_H

#include "raw_memory.h"
#include "request_text.h"

/* Bytes, and a 0 behind them, in memory of their own; NULL for none. */
struct tree_text {
    char *bytes;
    size_t length;
};

/* A value, an element, an attribute, or text. */
struct tree_node {
    struct tree_node *parent;
    struct tree_node *first; /* of its children, which are linked by `next` */
    struct tree_node *last;
    struct tree_node *next;
    struct tree_text name;
    struct tree_text text;
    uint64_t number; /* an integer, the bits of a real, or a tree_kind */
};

enum tree_kind { TREE_NULL, TREE_FALSE, TREE_TRUE, TREE_TEXT, TREE_LIST };

typedef struct tree_builder {
    struct tree_node *root;
    struct tree_node *open; /* the parent of the next node; NULL before the first */
    struct tree_text name;  /* of the next node */
} tree_builder;

static inline void *tree_alloc(size_t size) {
    void *memory = raw_alloc(size);
    if (memory == NULL) {
        bench_fail("out of memory");
    }
    return memory;
}

static inline struct tree_text tree_text_of(const char *bytes, size_t length) {
    struct tree_text self = {(char *)tree_alloc(length + 1), length};
    memcpy(self.bytes, bytes, length);
    self.bytes[length] = '\0';
    return self;
}

static inline uint64_t tree_text_sum(const struct tree_text *self) {
    return self->bytes == NULL ? 0 : self->length * 31 + (unsigned char)self->bytes[0];
}

/* Adds a node, which takes the name over. */
static inline struct tree_node *tree_add(tree_builder *self, uint64_t number) {
    struct tree_node *parent = self->open;
    struct tree_node *node = (struct tree_node *)tree_alloc(sizeof(*node));
    struct tree_node value = {parent, NULL, NULL, NULL, self->name, {NULL, 0}, number};
    *node = value;
    self->name.bytes = NULL;
    if (parent == NULL) {
        self->root = node;
    } else if (parent->first == NULL) {
        parent->first = parent->last = node;
    } else {
        parent->last = parent->last->next = node;
    }
    return node;
}

static inline void tree_add_text(tree_builder *self, const char *bytes, size_t length) {
    tree_add(self, TREE_TEXT)->text = tree_text_of(bytes, length);
}

static inline void tree_open(tree_builder *self) {
    self->open = tree_add(self, TREE_LIST);
}

static inline void tree_close(tree_builder *self) {
    self->open = self->open->parent;
}

/* Of a node and all below it. */
static uint64_t tree_sum(const struct tree_node *self) {
    uint64_t sum = self->number + tree_text_sum(&self->name) + tree_text_sum(&self->text);
    for (const struct tree_node *child = self->first; child != NULL;
         child = child->next) {
        sum = sum * 3 + tree_sum(child);
    }
    return sum;
}

#if defined(BENCH_RESET)

static inline void tree_free(struct tree_node *self) {
    (void)self;
}

#else

static inline void tree_text_free(struct tree_text *self) {
    if (self->bytes != NULL) {
        raw_free(self->bytes, self->length + 1);
    }
}

static void tree_free(struct tree_node *self) {
    struct tree_node *child = self->first;
    while (child != NULL) {
        struct tree_node *next = child->next;
        tree_free(child);
        child = next;
    }
    tree_text_free(&self->name);
    tree_text_free(&self->text);
    raw_free(self, sizeof(*self));
}

#endif

/* --- a request -----------------------------------------------------------------------
 */

/* Parses the text into the tree; returns the parser. */
typedef void *tree_parse(tree_builder *builder, const struct request_text *text);
typedef void tree_end_parser(void *parser);

/* Returns the sum of the tree. Tree and parser end here, unless all is thrown away. */
static inline uint64_t tree_serve(const struct request_text *text, tree_parse *parse,
                                  tree_end_parser *end) {
    tree_builder builder = {NULL, NULL, {NULL, 0}};
    void *parser = parse(&builder, text);
    uint64_t sum = tree_sum(builder.root);
    tree_free(builder.root);
#if defined(BENCH_RESET)
    (void)parser;
    (void)end;
#else
    end(parser);
#endif
    return sum;
}

#endif
