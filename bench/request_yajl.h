/* JSON in a request, parsed by yajl into a tree. */
#ifndef BENCH_REQUEST_YAJL_H
#define BENCH_REQUEST_YAJL_H

#include "request_tree.h"

#include <yajl/yajl_parse.h>

static void request_write_json(struct request_text *text) {
    enum { ORDERS = 24 };
    request_append(text, "{\"version\": 3, \"orders\": [");
    for (unsigned i = 0; i < ORDERS; ++i) {
        request_append(text, "%s\n{\"number\": %u, \"open\": %s,", i == 0 ? "" : ",",
                       1000 + i * 7, i % 3 == 0 ? "true" : "false");
        request_append(text, " \"customer\": {\"name\": \"Customer \\\"%u\\\"\",", i % 5);
        request_append(text, " \"town\": null}, \"items\": [\"item %u\", \"spare\"],",
                       i * i);
        request_append(text, " \"price\": %u.25, \"weights\": [%u, %u]}", i * 3, i,
                       i * 11);
    }
    request_append(text, "]}");
}

/* --- yajl's events ----------------------------------------------------------------- */

static int json_on_null(void *context) {
    (void)tree_add((tree_builder *)context, TREE_NULL);
    return 1;
}

static int json_on_boolean(void *context, int truth) {
    (void)tree_add((tree_builder *)context, truth != 0 ? TREE_TRUE : TREE_FALSE);
    return 1;
}

static int json_on_integer(void *context, long long number) {
    (void)tree_add((tree_builder *)context, (uint64_t)number);
    return 1;
}

static int json_on_real(void *context, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    (void)tree_add((tree_builder *)context, bits);
    return 1;
}

static int json_on_string(void *context, const unsigned char *bytes, size_t length) {
    tree_add_text((tree_builder *)context, (const char *)bytes, length);
    return 1;
}

static int json_on_name(void *context, const unsigned char *bytes, size_t length) {
    ((tree_builder *)context)->name = tree_text_of((const char *)bytes, length);
    return 1;
}

static int json_on_open(void *context) {
    tree_open((tree_builder *)context);
    return 1;
}

static int json_on_close(void *context) {
    tree_close((tree_builder *)context);
    return 1;
}

/* --- yajl's memory ----------------------------------------------------------------- */

static void *json_yajl_alloc(void *context, size_t size) {
    (void)context;
    return unsized_alloc(size);
}

static void *json_yajl_resize(void *context, void *memory, size_t size) {
    (void)context;
    return unsized_resize(memory, size);
}

static void json_yajl_free(void *context, void *memory) {
    (void)context;
    unsized_free(memory);
}

/* --- a request --------------------------------------------------------------------- */

static void *json_parse(tree_builder *builder, const struct request_text *text) {
    static const yajl_callbacks callbacks = {
        json_on_null,  json_on_boolean, json_on_integer, json_on_real,
        NULL,          json_on_string,  json_on_open,    json_on_name,
        json_on_close, json_on_open,    json_on_close};
    yajl_alloc_funcs memory = {json_yajl_alloc, json_yajl_resize, json_yajl_free, NULL};
    yajl_handle parser = yajl_alloc(&callbacks, &memory, builder);
    if (parser == NULL) {
        bench_fail("yajl: out of memory");
    }
    if (yajl_parse(parser, (const unsigned char *)text->bytes, text->length) !=
            yajl_status_ok ||
        yajl_complete_parse(parser) != yajl_status_ok) {
        bench_fail("yajl refused the document");
    }
    return parser;
}

static void json_end(void *parser) {
    yajl_free((yajl_handle)parser);
}

static uint64_t request_yajl(const struct request_text *text) {
    return tree_serve(text, json_parse, json_end);
}

#endif
