/* The functions whose symbols carry the number of the ABI and the kind of build, as in
 * `nanvm_global_abi2` and `nanvm_hardened_global_abi2`. A unit that was compiled with
 * other headers, or for a build of another kind, then doesn't link, and the linker names
 * the symbol. These functions are:
 *
 * - those that hand out a manager, or make one in memory of the caller;
 * - those that a program with a manager or a table of its own may call before any other;
 * - those that inline functions of the headers call: tests/abi finds any that is missing
 *   here. (A function that a macro defines may call any function.)
 *
 * Other functions need no number: what they get was made by the functions listed here. A
 * few of them, such as nanvm_ref_clone_object(), may also get a manager of the program's
 * own, but a program creates objects with such a manager by a function listed here.
 *
 * NANVM_PLAIN_NAMES is for tools that know functions by their names in the sources. A
 * part of <nanvm/mem/config.h>. */
#ifndef NANVM_MEM_INLINE_SYMBOLS_H
#define NANVM_MEM_INLINE_SYMBOLS_H

#define NANVM_NUMBERED_(name, number) NANVM_PASTE_(name, number)
#define NANVM_PASTE_(name, number) name##number

#if !defined(NANVM_PLAIN_NAMES)
#define nanvm_global NANVM_SYMBOL_(global)
#define nanvm_global_plain NANVM_SYMBOL_(global_plain)
#define nanvm_local_init NANVM_SYMBOL_(local_init)
#define nanvm_local_init_from NANVM_SYMBOL_(local_init_from)
#define nanvm_local_init_shared NANVM_SYMBOL_(local_init_shared)
#define nanvm_local_init_shared_from NANVM_SYMBOL_(local_init_shared_from)
#define nanvm_thread_manager NANVM_SYMBOL_(thread_manager)
#define nanvm_thread_local NANVM_SYMBOL_(thread_local)
#define nanvm_arena_init NANVM_SYMBOL_(arena_init)
#define nanvm_arena_init_growing NANVM_SYMBOL_(arena_init_growing)
#define nanvm_new NANVM_SYMBOL_(new)
#define nanvm_new_copy NANVM_SYMBOL_(new_copy)
#define nanvm_new_unset NANVM_SYMBOL_(new_unset)
#define nanvm_new_unset_any NANVM_SYMBOL_(new_unset_any)
#define nanvm_new_array_unset NANVM_SYMBOL_(new_array_unset)
#define nanvm_new_any NANVM_SYMBOL_(new_any)
#define nanvm_new_copy_any NANVM_SYMBOL_(new_copy_any)
#define nanvm_new_array NANVM_SYMBOL_(new_array)
#define nanvm_new_with NANVM_SYMBOL_(new_with)
#define nanvm_manager_alloc NANVM_SYMBOL_(manager_alloc)
#define nanvm_manager_resize NANVM_SYMBOL_(manager_resize)
#define nanvm_manager_stats NANVM_SYMBOL_(manager_stats)
#define nanvm_stats_make NANVM_SYMBOL_(stats_make)
#define nanvm_type_size NANVM_SYMBOL_(type_size)
#define nanvm_new_block_cold NANVM_SYMBOL_(new_block_cold)
#define nanvm_block_prefix NANVM_SYMBOL_(block_prefix)
#define nanvm_block_init NANVM_SYMBOL_(block_init)
#define nanvm_header_check NANVM_SYMBOL_(header_check)
#define nanvm_header_check_type NANVM_SYMBOL_(header_check_type)
#define nanvm_count_add_cold NANVM_SYMBOL_(count_add_cold)
#define nanvm_drop_ref_cold NANVM_SYMBOL_(drop_ref_cold)
#define nanvm_count_is_sole_cold NANVM_SYMBOL_(count_is_sole_cold)
#define nanvm_ref_length_cold NANVM_SYMBOL_(ref_length_cold)
#define nanvm_ref_count_cold NANVM_SYMBOL_(ref_count_cold)
#define nanvm_mut_ref_discard_cold NANVM_SYMBOL_(mut_ref_discard_cold)
#define nanvm_ref_to_mut_ref_cold NANVM_SYMBOL_(ref_to_mut_ref_cold)
#define nanvm_ref_make_mut_cold NANVM_SYMBOL_(ref_make_mut_cold)
#define nanvm_drop_mut_ref_cold NANVM_SYMBOL_(drop_mut_ref_cold)
#define nanvm_closure_check NANVM_SYMBOL_(closure_check)
#define nanvm_count_word_peek NANVM_SYMBOL_(count_word_peek)
#define nanvm_count_word_load NANVM_SYMBOL_(count_word_load)
#define nanvm_count_word_load_acquire NANVM_SYMBOL_(count_word_load_acquire)
#define nanvm_count_word_store NANVM_SYMBOL_(count_word_store)
#define nanvm_count_word_store_relaxed NANVM_SYMBOL_(count_word_store_relaxed)
#define nanvm_count_word_exchange_relaxed NANVM_SYMBOL_(count_word_exchange_relaxed)
#define nanvm_count_word_decrement_relaxed NANVM_SYMBOL_(count_word_decrement_relaxed)
#define nanvm_count_word_increment_release NANVM_SYMBOL_(count_word_increment_release)
#define nanvm_count_word_change_relaxed NANVM_SYMBOL_(count_word_change_relaxed)
#endif

#endif
