/* Free slots: <nanvm/mem/inline/slots.h>. */

#define slot_at(object) ((nanvm_slot *)(object))

/* What is written where a slot joins the magazine; and where it joins the free list of its
 * chunk. */
#define magazine_in(slots)                                                                      \
    (slots)->magazine_length,                                                                   \
        (slots)->magazine[(slots)->magazine_length .. NANVM_MAGAZINE_SIZE - 1]
#define list_in(slots, chunk, object)                                                           \
    slot_at(object)->next, (chunk)->free_list, (chunk)->live, (chunk)->next_available,          \
        (slots)->available

/*@ predicate joins_magazine{Before, After}(nanvm_slots *slots, void *object) =
      \at(slots->magazine_length, After) == \at(slots->magazine_length, Before) + 1 &&
      \at(slots->magazine[\at(slots->magazine_length, Before)], After) == object;

    predicate becomes_available{Before, After}(nanvm_slots *slots, nanvm_chunk_head *chunk) =
      \at(slots->available, After) == chunk &&
      \at(chunk->next_available, After) == \at(slots->available, Before);

    predicate keeps_available{Before, After}(nanvm_slots *slots, nanvm_chunk_head *chunk) =
      \at(slots->available, After) == \at(slots->available, Before) &&
      \at(chunk->next_available, After) == \at(chunk->next_available, Before);

    predicate keeps_list{Before, After}(nanvm_slots *slots, nanvm_chunk_head *chunk) =
      \at(chunk->free_list, After) == \at(chunk->free_list, Before) &&
      \at(chunk->live, After) == \at(chunk->live, Before) &&
      keeps_available{Before, After}(slots, chunk);

    predicate first_of_list{Before, After}(nanvm_chunk_head *chunk, nanvm_slot *slot) =
      \at(chunk->free_list, After) == slot &&
      \at(slot->next, After) == \at(chunk->free_list, Before);

    predicate with_first_available{Before, After}(nanvm_slots *slots, nanvm_chunk_head *chunk) =
      (\at(chunk->free_list, Before) == \null ==>
         becomes_available{Before, After}(slots, chunk)) &&
      (\at(chunk->free_list, Before) != \null ==>
         keeps_available{Before, After}(slots, chunk));

    predicate joins_list{Before, After}(nanvm_slots *slots, nanvm_chunk_head *chunk,
                                        nanvm_slot *slot) =
      \at(chunk->live, After) == \at(chunk->live, Before) - 1 &&
      first_of_list{Before, After}(chunk, slot) &&
      with_first_available{Before, After}(slots, chunk); */

/* WRAPS where the slots don't lie at equal distances */
/*@ assigns \nothing; */
void nanvm_slots_prefetch(const void *slot, const void *next);

/* On the top of the magazine, if that isn't full; then nothing changes. */
/*@ requires \valid(self) && self->magazine_length <= NANVM_MAGAZINE_SIZE;
    assigns magazine_in(self);
    behavior room:
      assumes self->magazine_length < NANVM_MAGAZINE_SIZE;
      assigns self->magazine[self->magazine_length], self->magazine_length;
      ensures \result && joins_magazine{Pre, Post}(self, object);
    behavior full:
      assumes self->magazine_length == NANVM_MAGAZINE_SIZE;
      assigns \nothing;
      ensures !\result && self->magazine_length == NANVM_MAGAZINE_SIZE;
    complete behaviors;
    disjoint behaviors; */
bool nanvm_slots_push(nanvm_slots *self, void *object);
