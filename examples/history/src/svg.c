#include "svg.h"

#include <stdio.h>
#include <string.h>

#include "file.h"
#include "set.h"
#include "write.h"

/* What a reader can take in. */
#define NODES 64        /* Boxes at most. */
#define NODES_OPENED 28 /* Boxes up to which shared values are opened too. */
#define ROWS 12         /* Lines of a box. */
#define SHOWN 26        /* Bytes of a text. */

enum side { SIDE_A, SIDE_B, SIDE_BOTH };

struct node {
    value word;
    enum side side;
    bool opened;
};

struct drawing {
    struct buffer dot;
    struct buffer text; /* A value, written. */
    struct set in_a;
    struct set in_b;
    struct node nodes[NODES];
    size_t length;
    size_t names[2]; /* Of the versions, counted from 1. */
};

static const struct {
    const char *line;
    const char *fill;
} colors[] = {{"#b3541e", "#fbe9dd"}, {"#2f6b3a", "#e3f2e4"}, {"#44546f", "#eef1f6"}};

static enum side side_of(const struct drawing *self, value word) {
    bool a = set_has(&self->in_a, word);
    bool b = set_has(&self->in_b, word);
    return a && b ? SIDE_BOTH : a ? SIDE_A : SIDE_B;
}

static size_t find_node(const struct drawing *self, value word) {
    size_t at = 0;
    while (at < self->length && !value_same(self->nodes[at].word, word)) {
        at++;
    }
    return at;
}

static void add_node(struct drawing *self, value word) {
    if (value_is_list(word) && self->length < NODES &&
        find_node(self, word) == self->length) {
        self->nodes[self->length++] = (struct node){word, side_of(self, word), false};
    }
}

/* How many words a row stands for. */
static size_t row_width(value list) {
    return value_kind(list) == KIND_OBJECT ? 2 : 1;
}

static size_t row_count(value list) {
    return value_length(list) / row_width(list);
}

static value row_value(value list, size_t row) {
    size_t width = row_width(list);
    return value_list(list)->items[row * width + width - 1];
}

/* Rows that differ between the versions come before rows that don't. */
static void choose_rows(const struct drawing *self, value list, bool *chosen) {
    size_t count = row_count(list);
    size_t left = ROWS;
    for (size_t i = 0; i < count && left != 0; i++) {
        chosen[i] = side_of(self, row_value(list, i)) != SIDE_BOTH;
        left -= chosen[i];
    }
    for (size_t i = 0; i < count && left != 0; i++) {
        left -= !chosen[i];
        chosen[i] = true;
    }
}

static nanvm_layout rows_layout(value list) {
    return nanvm_layout_make(row_count(list) * sizeof(bool), 1);
}

/* Which rows of `list` are drawn. Null when memory runs out. */
static bool *new_rows(const struct drawing *self, value list) {
    nanvm_layout layout = rows_layout(list);
    bool *chosen = nanvm_manager_alloc(self->dot.manager, layout);
    if (chosen != NULL) {
        memset(chosen, 0, layout.size);
        choose_rows(self, list, chosen);
    }
    return chosen;
}

static bool open_node(struct drawing *self, size_t index) {
    value list = self->nodes[index].word;
    bool *chosen = new_rows(self, list);
    if (chosen == NULL) {
        return false;
    }
    self->nodes[index].opened = true;
    for (size_t i = 0; i < row_count(list); i++) {
        if (chosen[i]) {
            add_node(self, row_value(list, i));
        }
    }
    nanvm_manager_dealloc(self->dot.manager, chosen, rows_layout(list));
    return true;
}

/* Opens what differs, and then what is shared while the picture stays small. */
static bool open_nodes(struct drawing *self) {
    bool done = true;
    for (size_t i = 0; done && i < self->length; i++) {
        done = self->nodes[i].side == SIDE_BOTH || open_node(self, i);
    }
    for (size_t i = 0; done && i < self->length && self->length < NODES_OPENED; i++) {
        done = self->nodes[i].opened || open_node(self, i);
    }
    return done;
}

static bool add(struct drawing *self, const char *text) {
    return buffer_add_text(&self->dot, text);
}

static bool add_number(struct drawing *self, size_t number) {
    return buffer_add_number(&self->dot, number);
}

static bool add_escaped(struct drawing *self, char byte) {
    switch (byte) {
    case '&':
        return add(self, "&amp;");
    case '<':
        return add(self, "&lt;");
    case '>':
        return add(self, "&gt;");
    case '"':
        return add(self, "&quot;");
    default:
        return buffer_add_char(&self->dot, byte);
    }
}

/* Not inside a character. */
static size_t cut(const struct buffer *text) {
    size_t length = text->length <= SHOWN ? text->length : SHOWN;
    while (length < text->length && ((unsigned char)text->bytes[length] & 0xC0) == 0x80) {
        length--;
    }
    return length;
}

static bool add_text(struct drawing *self, value word) {
    self->text.length = 0;
    if (!write_value(&self->text, word, WRITE_COMPACT)) {
        return false;
    }
    size_t length = cut(&self->text);
    for (size_t i = 0; i < length; i++) {
        add_escaped(self, self->text.bytes[i]);
    }
    return length == self->text.length || add(self, "&#8230;");
}

static bool add_summary(struct drawing *self, value list) {
    size_t rows = row_count(list);
    add(self, value_kind(list) == KIND_OBJECT ? "{ " : "[ ");
    add_number(self, rows);
    add(self, value_kind(list) == KIND_OBJECT ? " member" : " item");
    return add(self, rows == 1 ? "" : "s") &&
           add(self, value_kind(list) == KIND_OBJECT ? " }" : " ]");
}

static bool add_row(struct drawing *self, value list, size_t row) {
    value word = row_value(list, row);
    bool changed = side_of(self, word) != SIDE_BOTH;
    add(self, "<TR><TD ALIGN=\"LEFT\" PORT=\"p");
    add_number(self, row);
    add(self, changed ? "\"><B>" : "\">");
    if (row_width(list) == 2) {
        add_text(self, value_list(list)->items[2 * row]);
        add(self, ": ");
    }
    if (!(value_is_list(word) ? add_summary(self, word) : add_text(self, word))) {
        return false;
    }
    return add(self, changed ? "</B></TD></TR>" : "</TD></TR>");
}

static bool add_rows(struct drawing *self, value list, const bool *chosen) {
    size_t left = 0;
    for (size_t i = 0; i < row_count(list); i++) {
        left += !chosen[i];
        if (chosen[i] && !add_row(self, list, i)) {
            return false;
        }
    }
    if (left != 0) {
        add(self, "<TR><TD ALIGN=\"LEFT\"><I>and ");
        add_number(self, left);
        add(self, " more</I></TD></TR>");
    }
    return !self->dot.failed;
}

static bool add_head(struct drawing *self, const struct node *node, size_t index) {
    add(self, "n");
    add_number(self, index);
    add(self, " [label=<<TABLE BORDER=\"1\" CELLBORDER=\"0\" CELLSPACING=\"0\" "
              "CELLPADDING=\"3\" STYLE=\"ROUNDED\" COLOR=\"");
    add(self, colors[node->side].line);
    add(self, "\" BGCOLOR=\"");
    add(self, colors[node->side].fill);
    add(self, "\"><TR><TD ALIGN=\"LEFT\"><FONT COLOR=\"");
    add(self, colors[node->side].line);
    add(self, "\">");
    /* A box that isn't opened shows how its text begins. */
    return (node->opened ? add_summary(self, node->word) : add_text(self, node->word)) &&
           add(self, "</FONT></TD></TR>");
}

static bool add_edge(struct drawing *self, size_t from, size_t row, size_t to) {
    add(self, "n");
    add_number(self, from);
    add(self, ":p");
    add_number(self, row);
    add(self, ":e -> n");
    add_number(self, to);
    add(self, " [color=\"");
    add(self, colors[self->nodes[from].side].line);
    return add(self, "\"];\n");
}

static bool add_edges(struct drawing *self, size_t from, const bool *chosen) {
    value list = self->nodes[from].word;
    bool done = true;
    for (size_t i = 0; done && i < row_count(list); i++) {
        size_t to = chosen[i] ? find_node(self, row_value(list, i)) : self->length;
        done = to == self->length || add_edge(self, from, i, to);
    }
    return done;
}

static bool add_box(struct drawing *self, size_t index) {
    const struct node *node = &self->nodes[index];
    bool *chosen = new_rows(self, node->word);
    if (chosen == NULL) {
        return false;
    }
    bool done = add_head(self, node, index) &&
                (!node->opened || add_rows(self, node->word, chosen)) &&
                add(self, "</TABLE>>];\n") &&
                (!node->opened || add_edges(self, index, chosen));
    nanvm_manager_dealloc(self->dot.manager, chosen, rows_layout(node->word));
    return done;
}

static bool add_version(struct drawing *self, enum side side, value root) {
    add(self, "v");
    add_number(self, side);
    add(self,
        " [shape=box style=\"rounded,filled\" fontcolor=white fontsize=13 color=\"");
    add(self, colors[side].line);
    add(self, "\" label=<version ");
    add_number(self, self->names[side]);
    if (!value_is_list(root)) {
        add(self, ": ");
        add_text(self, root);
        return add(self, ">];\n");
    }
    add(self, ">];\nv");
    add_number(self, side);
    add(self, " -> n");
    add_number(self, find_node(self, root));
    return add(self, " [penwidth=2 color=\"") && add(self, colors[side].line) &&
           add(self, "\"];\n");
}

static void add_legend_cell(struct drawing *self, enum side side, const char *text,
                            size_t number) {
    add(self, "<TD BGCOLOR=\"");
    add(self, colors[side].fill);
    add(self, "\" COLOR=\"");
    add(self, colors[side].line);
    add(self, "\" CELLPADDING=\"5\">");
    add(self, text);
    if (number != 0) {
        add_number(self, number);
    }
    add(self, "</TD>");
}

static bool add_legend(struct drawing *self) {
    add(self, "label=<<TABLE BORDER=\"0\" CELLBORDER=\"1\" CELLSPACING=\"8\"><TR>");
    add_legend_cell(self, SIDE_A, "only in version ", self->names[0]);
    add_legend_cell(self, SIDE_BOTH, "in both, stored once", 0);
    add_legend_cell(self, SIDE_B, "only in version ", self->names[1]);
    return add(self, "</TR></TABLE>>;\n");
}

static bool add_graph(struct drawing *self, value a, value b) {
    add(self, "digraph history {\nrankdir=LR; ranksep=0.7; nodesep=0.22; bgcolor=white;\n"
              "graph [fontname=\"Helvetica,Arial,sans-serif\" fontsize=11 pad=0.3 "
              "labelloc=t];\n"
              "node [fontname=\"Helvetica,Arial,sans-serif\" fontsize=11 shape=plain];\n"
              "edge [arrowsize=0.6];\n");
    bool done =
        add_legend(self) && add_version(self, SIDE_A, a) && add_version(self, SIDE_B, b);
    for (size_t i = 0; done && i < self->length; i++) {
        done = add_box(self, i);
    }
    return done && add(self, "}\n") && !self->dot.failed;
}

static bool describe(struct drawing *self, value a, value b) {
    if (!set_add_all(&self->in_a, a) || !set_add_all(&self->in_b, b)) {
        return false;
    }
    add_node(self, a);
    add_node(self, b);
    return open_nodes(self) && add_graph(self, a, b);
}

static bool render(const struct drawing *self, const char *path,
                   struct problem *problem) {
    const char *arguments[] = {"dot", "-Tsvg", NULL};
    struct text dot = {self->dot.bytes, self->dot.length};
    return program_filter(arguments, dot, path, problem);
}

bool svg_draw(struct history *history, size_t a, size_t b, const char *path,
              struct problem *problem) {
    nanvm_manager *scratch = memory_scratch(&history->memory);
    struct drawing self = {.dot = buffer_make(scratch),
                           .text = buffer_make(scratch),
                           .in_a = set_make(scratch),
                           .in_b = set_make(scratch),
                           .names = {a + 1, b + 1}};
    bool described = describe(&self, history_version(history, a)->root,
                              history_version(history, b)->root);
    bool drawn = described ? render(&self, path, problem) : problem_no_memory(problem);
    set_free(&self.in_b);
    set_free(&self.in_a);
    buffer_free(&self.text);
    buffer_free(&self.dot);
    memory_scratch_reset(&history->memory);
    return drawn;
}
