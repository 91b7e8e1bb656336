#include "operations.h"

#include <string.h>

/* As often as they are to be, of 64. */
static operate *const operations[] = {
    op_make,         op_make,    op_make,       op_make,         op_make,
    op_make,         op_make,    op_make,       op_make,         op_make,
    op_cut,          op_cut,     op_share,      op_share,        op_share,
    op_share,        op_share,   op_share,      op_drop,         op_drop,
    op_drop,         op_drop,    op_drop,       op_drop,         op_convert,
    op_convert,      op_convert, op_convert,    op_convert,      op_convert,
    op_convert,      op_convert, op_write,      op_write,        op_write,
    op_store,        op_store,   op_store,      op_store,        op_take_part,
    op_take_part,    op_adopt,   op_adopt,      op_adopt,        op_resize,
    op_resize,       op_resize,  op_resize,     op_clone_object, op_clone_object,
    op_clone_object, op_move,    op_move,       op_share_many,   op_raw,
    op_raw,          op_burst,   op_impossible, op_trim,         op_end_local,
    op_reset,        op_fail,    op_refuse,     op_check,
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

void operation_run(const unsigned char *bytes) {
    operation op;
    memcpy(&op, bytes, sizeof(op));
    operations_done++;
    operations[op.code % OPERATIONS](&op);
    if (here.depth == 0) {
        model_settle();
    }
}
