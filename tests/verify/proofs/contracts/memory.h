/* Raw memory: src/memory.c. */

/* At least a byte, aligned to at least a word. */
/*@ assigns \nothing;
    ensures \result.size == \max(1, layout.size);
    ensures \result.align == \max(sizeof(void *), layout.align);
    ensures is_alignment(layout.align) ==> is_alignment(\result.align); */
static nanvm_layout promised(nanvm_layout layout);
