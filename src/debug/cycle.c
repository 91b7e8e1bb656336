/* Which leaked objects of a local manager lie on a cycle.
 *
 * 1. The nodes of a graph are the manager's live objects, found by their addresses in a
 *    table with open addressing. Its edges are their references to each other. References
 *    to anything else aren't followed: what they refer to may be gone.
 * 2. An object lies on a cycle if its strongly connected component has several objects,
 *    or if it refers to itself. Tarjan's algorithm (Depth-First Search and Linear Graph
 *    Algorithms, SIAM J. Comput. 1972) finds the components. Each node notes the node
 *    from which it was reached, so that the search needs no recursion.
 * 3. Within a component, a breadth-first search from its first object finds a shortest
 *    way back to that object.
 *
 * All of it takes O(objects + references), in time and in memory of the manager's source.
 * A callback gets references that were copied out of the objects, since it may end the
 * objects. Printed reports also read the objects' types: then no callback runs. */
#include "debug/debug.h"

#include <stdio.h>
#include <string.h>

#include "pool/pool.h"
#include "unwind.h"

/* No node. */
static const size_t none = SIZE_MAX;

/* The order of a node whose component is complete: after every other. */
static const size_t done = SIZE_MAX;

typedef struct node {
    const void *object;
    size_t edges; /* where its edges begin; they end where those of the next node begin */
    size_t next;  /* the edge that step 2 follows next; `none`: step 3 was here */
    size_t order; /* in which step 2 reached it, from 1 on; 0: not yet */
    size_t low;   /* the least order known in its component; 0: the node is in `told` */
    size_t from;  /* the node from which it was reached */
    bool refers_to_itself;
} node;

typedef struct array {
    void *memory;
    nanvm_layout layout;
} array;

enum { ARRAYS = 6 };

typedef struct graph {
    nanvm_manager *source;
    array arrays[ARRAYS]; /* in the order in which they were allocated */
    size_t arrays_length;
    node *nodes;   /* and one more, which ends the edges of the last */
    size_t length; /* nodes so far */
    size_t room;   /* for nodes */
    size_t *slots; /* of the table: 0, or a node + 1 */
    unsigned bits; /* it has 2^bits slots, and is at most half full */
    size_t *edges; /* the nodes referred to */
    size_t edges_length;
    size_t edges_room;
    size_t *stack; /* nodes whose component isn't complete, in the order reached */
    size_t stack_length;
    size_t last_order;
    size_t *queue;   /* of step 3 */
    nanvm_ref *told; /* the objects of a component */
} graph;

/* What was printed. */
typedef struct report {
    const nanvm_local *local;
    size_t cycles;
    size_t others; /* objects on cycles that weren't printed */
} report;

/* --- reports --- */

enum { PRINTED_CYCLES = 8, PRINTED_OBJECTS = 8 };

static void print_object(nanvm_ref object) {
    const char *name = nanvm_type_name(nanvm_ref_type(object));
    (void)fprintf(stderr, "%s %p", name, object.object);
}

/* Leaves out the middle of a long path. */
static void print_path(const nanvm_cycle *cycle) {
    for (size_t i = 0; i < cycle->path && i < PRINTED_OBJECTS; ++i) {
        print_object(cycle->objects[i]);
        (void)fputs(" -> ", stderr);
    }
    if (cycle->path > PRINTED_OBJECTS) {
        (void)fprintf(stderr, "... (%zu more) -> ", cycle->path - PRINTED_OBJECTS);
    }
    print_object(cycle->objects[0]);
    (void)fputs("\n", stderr);
}

static void print_cycle(report *self, const nanvm_cycle *cycle) {
    if (self->cycles == PRINTED_CYCLES) {
        self->others += cycle->length;
        return;
    }
    self->cycles += 1;
    const char *text = "lie on cycles, such as";
    if (cycle->length == 1) {
        text = "lies on a cycle";
    } else if (cycle->length == cycle->path) {
        text = "lie on a cycle";
    }
    (void)fprintf(stderr, "nanvm_mem: %zu of these %s: ", cycle->length, text);
    print_path(cycle);
}

/* NULL: memory ran out before any cycle was found. */
static void tell(report *self, const nanvm_cycle *cycle) {
    if (self->local->cycle != NULL) {
        self->local->cycle(self->local->cycle_context, cycle);
    } else if (cycle != NULL) {
        print_cycle(self, cycle);
    } else {
        (void)fputs("nanvm_mem: no memory to find out which of these lie on a cycle\n",
                    stderr);
    }
}

/* --- the graph --- */

/* An array that is cleared; NULL if memory runs out. */
static void *alloc_array(graph *self, size_t length, size_t size) {
    if (length > (size_t)PTRDIFF_MAX / size) {
        return NULL;
    }
    array *made = &self->arrays[self->arrays_length];
    made->layout = nanvm_layout_make(length * size, NANVM_ALIGNOF(node));
    made->memory = nanvm_memory_alloc(self->source, made->layout);
    if (made->memory != NULL) {
        memset(made->memory, 0, made->layout.size);
        self->arrays_length += 1;
    }
    return made->memory;
}

static void free_arrays(graph *self) {
    while (self->arrays_length > 0) {
        self->arrays_length -= 1;
        const array *last = &self->arrays[self->arrays_length];
        nanvm_memory_dealloc(self->source, last->memory, last->layout);
    }
}

/* Counts again: callbacks that were told of leaks may have created and dropped
 * objects. */
static void count_objects(graph *self, nanvm_pool *pool) {
    for (; pool != NULL; pool = pool->next) {
        self->room +=
            pool->table->visit == NULL ? 0 : pool->table->count(pool).live_blocks;
    }
}

static bool alloc_for_nodes(graph *self) {
    self->bits = 1;
    while (((size_t)1 << self->bits) / 2 < self->room) {
        self->bits += 1;
    }
    return (self->nodes = alloc_array(self, self->room + 1, sizeof(node))) != NULL &&
           (self->slots = alloc_array(self, (size_t)1 << self->bits, sizeof(size_t))) !=
               NULL &&
           (self->stack = alloc_array(self, self->room, sizeof(size_t))) != NULL &&
           (self->queue = alloc_array(self, self->room, sizeof(size_t))) != NULL &&
           (self->told = alloc_array(self, self->room, sizeof(nanvm_ref))) != NULL;
}

/* The multiplier is 2^64 / golden ratio (Knuth, TAOCP 3, 6.4). */
NANVM_WRAPS("a hash")
static size_t hash_of(const graph *self, const void *object) {
    uint64_t product = (uint64_t)(uintptr_t)object * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(product >> (64 - self->bits));
}

/* The slot of the object's node, or the empty one where it belongs. */
static size_t *find_slot(const graph *self, const void *object) {
    size_t i = hash_of(self, object);
    while (self->slots[i] != 0 && self->nodes[self->slots[i] - 1].object != object) {
        i = (i + 1) & (((size_t)1 << self->bits) - 1);
    }
    return &self->slots[i];
}

static void add_node(const void *object, void *context) {
    graph *self = context;
    self->nodes[self->length].object = object;
    self->length += 1;
    *find_slot(self, object) = self->length;
}

static bool add_nodes(graph *self, nanvm_pool *pool) {
    if (!alloc_for_nodes(self)) {
        return false;
    }
    for (; pool != NULL; pool = pool->next) {
        if (pool->table->visit != NULL) {
            pool->table->visit(pool, add_node, self);
        }
    }
    return true;
}

static void count_edge(nanvm_ref reference, void *context) {
    graph *self = context;
    if (*find_slot(self, reference.object) != 0) {
        self->edges_room += 1;
    }
}

/* Objects are visited a second time here. If a `visit` callback now reports more
 * references than it did to count_edge(), no more edges are added than were counted. */
static void add_edge(nanvm_ref reference, void *context) {
    graph *self = context;
    size_t slot = *find_slot(self, reference.object);
    if (slot != 0 && self->edges_length < self->edges_room) {
        self->edges[self->edges_length] = slot - 1;
        self->edges_length += 1;
    }
}

static void visit_nodes(graph *self, nanvm_visitor *visitor) {
    for (size_t i = 0; i < self->length; ++i) {
        const void *object = self->nodes[i].object;
        self->nodes[i].edges = self->nodes[i].next = self->edges_length;
        nanvm_object_visit(nanvm_block_origin(object)->type, object, visitor, self);
    }
    self->nodes[self->length].edges = self->edges_length;
}

static bool add_edges(graph *self) {
    visit_nodes(self, count_edge);
    self->edges = alloc_array(self, self->edges_room + 1, sizeof(size_t));
    if (self->edges == NULL) {
        return false;
    }
    visit_nodes(self, add_edge);
    return true;
}

/* --- a component that is complete --- */

/* Follows the edges of the node `index` to nodes that weren't reached yet; returns
 * whether one of the edges leads to `start`. Edges out of the component are
 * followed, too, but do no harm: no path leads back from there to `start`. */
static bool search_around(graph *self, size_t start, size_t index, size_t *length) {
    const node *here = &self->nodes[index];
    for (size_t edge = here->edges; edge < here[1].edges; ++edge) {
        size_t target = self->edges[edge];
        node *other = &self->nodes[target];
        if (target == start) {
            return true;
        }
        if (other->next != none) {
            other->next = none;
            other->from = index;
            self->queue[*length] = target;
            *length += 1;
        }
    }
    return false;
}

/* The last node of a shortest way from `start` back to it; there is one. */
static size_t search_way_back(graph *self, size_t start) {
    size_t length = 1;
    size_t i = 0;
    self->queue[0] = start;
    while (!search_around(self, start, self->queue[i], &length)) {
        ++i;
    }
    return self->queue[i];
}

static void add_told(graph *self, size_t at, size_t index) {
    self->told[at].object = self->nodes[index].object;
    self->nodes[index].low = 0;
}

/* Returns how many nodes are on the path. */
static size_t add_path(graph *self, size_t start, size_t last) {
    size_t length = 1;
    for (size_t i = last; i != start; i = self->nodes[i].from) {
        ++length;
    }
    size_t at = length;
    for (size_t i = last; i != start; i = self->nodes[i].from) {
        at -= 1;
        add_told(self, at, i);
    }
    add_told(self, 0, start);
    return length;
}

/* The members of the component are on the stack, from `base` on. */
static void tell_component(graph *self, size_t base, report *to) {
    size_t start = self->stack[base];
    size_t path = add_path(self, start, search_way_back(self, start));
    size_t length = path;
    for (size_t i = base; i < self->stack_length; ++i) {
        if (self->nodes[self->stack[i]].low != 0) {
            add_told(self, length, self->stack[i]);
            ++length;
        }
    }
    nanvm_cycle cycle = {self->told, length, path};
    tell(to, &cycle);
}

/* --- components --- */

static void complete(graph *self, size_t root, report *to) {
    size_t base = self->stack_length;
    do {
        base -= 1;
        self->nodes[self->stack[base]].order = done;
    } while (self->stack[base] != root);
    if (self->stack_length - base > 1 || self->nodes[root].refers_to_itself) {
        tell_component(self, base, to);
    }
    self->stack_length = base;
}

static void reach(graph *self, size_t index, size_t from) {
    node *reached = &self->nodes[index];
    self->last_order += 1;
    reached->order = reached->low = self->last_order;
    reached->from = from;
    self->stack[self->stack_length] = index;
    self->stack_length += 1;
}

static void lower(node *self, size_t low) {
    self->low = low < self->low ? low : self->low;
}

/* Where to go on from the node `from`, along its next edge. */
static size_t follow(graph *self, size_t from) {
    node *here = &self->nodes[from];
    size_t target = self->edges[here->next];
    here->next += 1;
    here->refers_to_itself |= target == from;
    if (self->nodes[target].order == 0) {
        reach(self, target, from);
        return target;
    }
    lower(here, self->nodes[target].order);
    return from;
}

/* Where to go on when all edges of `index` were followed: back. */
static size_t leave(graph *self, size_t index, report *to) {
    const node *here = &self->nodes[index];
    size_t from = here->from;
    if (from != none) {
        lower(&self->nodes[from], here->low);
    }
    if (here->low == here->order) {
        complete(self, index, to);
    }
    return from;
}

static void search_from(graph *self, size_t root, report *to) {
    reach(self, root, none);
    for (size_t i = root; i != none;) {
        bool has_next = self->nodes[i].next < self->nodes[i + 1].edges;
        i = has_next ? follow(self, i) : leave(self, i, to);
    }
}

/* --- the report --- */

static void search(graph *self, report *to) {
    for (size_t i = 0; i < self->length; ++i) {
        if (self->nodes[i].order == 0) {
            search_from(self, i, to);
        }
    }
    if (to->others > 0) {
        (void)fprintf(stderr, "nanvm_mem: %zu more of these lie on other cycles\n",
                      to->others);
    }
}

/* Frees the arrays if a callback was left by an exception; else there is nothing left to
 * free. */
NANVM_UNUSED static void free_arrays_of(graph **made) {
    free_arrays(*made);
}

void nanvm_cycle_report(const nanvm_local *self, nanvm_pool *pools) {
    graph made = {.source = self->source};
    graph *unfinished NANVM_ON_UNWIND(free_arrays_of) = &made;
    nanvm_unwind_reads(&unfinished);
    report to = {self, 0, 0};
    count_objects(&made, pools);
    if (made.room == 0) {
        return;
    }
    if (add_nodes(&made, pools) && add_edges(&made)) {
        search(&made, &to);
    } else {
        tell(&to, NULL);
    }
    free_arrays(&made);
}
