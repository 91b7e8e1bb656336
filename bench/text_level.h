/* A level of the tree of text_tree.h: nodes with references to what is on the level
 * below. It is included once for each, the lowest first, with
 *
 *   TEXT_NODE    the node's name, with which the functions' names begin
 *   TEXT_CHILD   that of what it refers to
 *   TEXT_TYPE    what defines the functions of the node's type */
#define TEXT_JOIN_(node, name) node##_##name
#define TEXT_JOIN(node, name) TEXT_JOIN_(node, name)
#define TEXT_OWN(name) TEXT_JOIN(TEXT_NODE, name)
#define TEXT_BELOW(name) TEXT_JOIN(TEXT_CHILD, name)

enum { TEXT_OWN(width) = 16, TEXT_OWN(length) = TEXT_OWN(width) * TEXT_BELOW(length) };

struct TEXT_NODE {
    TEXT_BELOW(ref) children[TEXT_OWN(width)];
};
TEXT_TYPE

static TEXT_OWN(ref) TEXT_OWN(build)(bench_random *random) {
    struct TEXT_NODE value;
    for (size_t i = 0; i < TEXT_OWN(width); ++i) {
        value.children[i] = TEXT_BELOW(build)(random);
    }
    return TEXT_OWN(make)(BENCH_MOVE(value));
}

static inline void TEXT_OWN(edit)(TEXT_OWN(ref) * self, size_t at, char letter) {
    struct TEXT_NODE *node = TEXT_OWN(write)(self);
    TEXT_BELOW(ref) *child = &node->children[at / TEXT_BELOW(length)];
    TEXT_BELOW(edit)(child, at % TEXT_BELOW(length), letter);
}

static uint64_t TEXT_OWN(sum)(const TEXT_OWN(ref) * self, uint64_t sum) {
    const struct TEXT_NODE *node = TEXT_OWN(read)(self);
    for (size_t i = 0; i < TEXT_OWN(width); ++i) {
        sum = TEXT_BELOW(sum)(&node->children[i], sum);
    }
    return sum;
}

#undef TEXT_NODE
#undef TEXT_CHILD
#undef TEXT_TYPE
#undef TEXT_JOIN_
#undef TEXT_JOIN
#undef TEXT_OWN
#undef TEXT_BELOW
