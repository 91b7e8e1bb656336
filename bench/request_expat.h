/* XML in a request, parsed by expat into a tree. The salt of its hash tables is given,
 * since it would ask the system for a random one for each document. */
#ifndef BENCH_REQUEST_EXPAT_H
#define BENCH_REQUEST_EXPAT_H

#include "request_tree.h"

#include <expat.h>

static void request_write_xml(struct request_text *text) {
    enum { ORDERS = 24 };
    request_append(text, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<orders>\n");
    for (unsigned i = 0; i < ORDERS; ++i) {
        request_append(text, "<order number=\"%u\" state=\"%s\">", 1000 + i * 7,
                       i % 3 == 0 ? "open" : "sent");
        request_append(text, "<customer>Customer &amp; Sons, %u</customer>", i % 5);
        request_append(text, "<item count=\"%u\" price=\"%u.50\">Item %u</item>",
                       i % 9 + 1, i * 3, i * i);
        request_append(text, "</order>\n");
    }
    request_append(text, "</orders>\n");
}

/* --- expat's events ---------------------------------------------------------------- */

static struct tree_text xml_text_of(const XML_Char *text) {
    return tree_text_of(text, strlen(text));
}

/* Attributes are names and values in turn. */
static void xml_on_start(void *context, const XML_Char *name,
                         const XML_Char **attributes) {
    tree_builder *self = (tree_builder *)context;
    self->name = xml_text_of(name);
    tree_open(self);
    for (; *attributes != NULL; attributes += 2) {
        self->name = xml_text_of(attributes[0]);
        tree_add_text(self, attributes[1], strlen(attributes[1]));
    }
}

static void xml_on_end(void *context, const XML_Char *name) {
    (void)name;
    tree_close((tree_builder *)context);
}

static void xml_on_text(void *context, const XML_Char *text, int length) {
    tree_add_text((tree_builder *)context, text, (size_t)length);
}

/* --- expat's memory ---------------------------------------------------------------- */

static void *xml_alloc(size_t size) {
    return unsized_alloc(size);
}

static void *xml_resize(void *memory, size_t size) {
    return unsized_resize(memory, size);
}

static void xml_free(void *memory) {
    unsized_free(memory);
}

/* --- a request --------------------------------------------------------------------- */

static void *xml_parse(tree_builder *builder, const struct request_text *text) {
    enum { SALT = 1 };
    static const XML_Memory_Handling_Suite memory = {xml_alloc, xml_resize, xml_free};
    XML_Parser parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (parser == NULL) {
        bench_fail("expat: out of memory");
    }
    (void)XML_SetHashSalt(parser, SALT);
    XML_SetUserData(parser, builder);
    XML_SetElementHandler(parser, xml_on_start, xml_on_end);
    XML_SetCharacterDataHandler(parser, xml_on_text);
    if (XML_Parse(parser, text->bytes, (int)text->length, 1) != XML_STATUS_OK) {
        bench_fail("expat refused the document");
    }
    return parser;
}

static void xml_end(void *parser) {
    XML_ParserFree((XML_Parser)parser);
}

static uint64_t request_expat(const struct request_text *text) {
    return tree_serve(text, xml_parse, xml_end);
}

#endif
