/* Operations that may fail, each with a check of all that it leaves behind: where it
 * failed, its arguments, every count and what is live are as they were; where it didn't,
 * the result is what was asked for, and every count is right to one. */
#ifndef INJECTION_ATTEMPT_H
#define INJECTION_ATTEMPT_H

#include "ground.h"

/* How many failed since the last reset. */
size_t attempts_failed(void);
void attempts_reset(void);

/* Remembers whether it is a null handle; for what is tried without these functions. */
nanvm_mut_ref attempted(nanvm_mut_ref made);
bool attempted_call(bool done);

nanvm_mut_ref attempt_new(nanvm_manager *manager, const nanvm_type *type);
nanvm_mut_ref attempt_copy(nanvm_manager *manager, const nanvm_type *type,
                           const void *fixed);
nanvm_mut_ref attempt_array(nanvm_manager *manager, const nanvm_type *type,
                            const void *items, size_t length);
nanvm_mut_ref attempt_with(nanvm_manager *manager, const nanvm_type *type, size_t length,
                           nanvm_construct *construct, void *context);

/* `construct` gives up, if there is memory: there is no object either way. */
void attempt_refused(nanvm_manager *manager, const nanvm_type *type, size_t length,
                     nanvm_construct *construct, void *context);

bool attempt_resize(nanvm_manager *manager, nanvm_mut_ref *self, size_t length);
bool attempt_resize_unset(nanvm_manager *manager, nanvm_mut_ref *self, size_t length);

nanvm_mut_ref attempt_clone(nanvm_manager *manager, nanvm_ref self);

nanvm_mut_ref attempt_clone_resized(nanvm_manager *manager, nanvm_ref self,
                                    size_t length);

nanvm_ref attempt_clone_deep(nanvm_manager *manager, nanvm_ref self);

/* The object can't be cloned, for whatever reason. */
void attempt_refused_clone(nanvm_manager *manager, nanvm_ref self);

/* For a null handle they do nothing. */
nanvm_mut_ref attempt_to_mut_ref(nanvm_manager *manager, nanvm_ref *self);
void *attempt_make_mut(nanvm_manager *manager, nanvm_ref *self);

void *attempt_alloc(nanvm_manager *manager, nanvm_layout layout);
void *attempt_raw_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                         size_t size);

/* A tracked object; and a node, which takes both over, or else drops them. */
nanvm_ref leaf(nanvm_manager *manager, size_t number);
nanvm_ref pair(nanvm_manager *manager, nanvm_ref left, nanvm_ref right);

#endif
