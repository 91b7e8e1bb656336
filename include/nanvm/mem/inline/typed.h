/* What the macros of <nanvm/mem/typed.h> are made of: the functions of a pair of handles,
 * in four parts. A part of that header. */
#ifndef NANVM_MEM_INLINE_TYPED_H
#define NANVM_MEM_INLINE_TYPED_H

#define NANVM_TYPED_CREATE_(name, type, table)                                           \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_mut_ref_typed_(     \
        nanvm_mut_ref untyped) {                                                         \
        name##_mut_ref typed;                                                            \
        typed.untyped = untyped;                                                         \
        return typed;                                                                    \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_ref name##_ref_typed_(             \
        nanvm_ref untyped) {                                                             \
        name##_ref typed;                                                                \
        typed.untyped = untyped;                                                         \
        return typed;                                                                    \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_new(                \
        nanvm_manager *manager) {                                                        \
        return name##_mut_ref_typed_(nanvm_new(manager, &(table)));                      \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_new_copy(           \
        nanvm_manager *manager, const type *value) {                                     \
        return name##_mut_ref_typed_(nanvm_new_copy(manager, &(table), value));          \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_new_array(          \
        nanvm_manager *manager, const void *items, size_t length) {                      \
        return name##_mut_ref_typed_(nanvm_new_array(manager, &(table), items, length)); \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_new_unset(          \
        nanvm_manager *manager) {                                                        \
        return name##_mut_ref_typed_(nanvm_new_unset(manager, &(table)));                \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_new_array_unset(    \
        nanvm_manager *manager, size_t length) {                                         \
        return name##_mut_ref_typed_(nanvm_new_array_unset(manager, &(table), length));  \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_new_with(           \
        nanvm_manager *manager, size_t length, nanvm_construct *construct,               \
        void *context) {                                                                 \
        return name##_mut_ref_typed_(                                                    \
            nanvm_new_with(manager, &(table), length, construct, context));              \
    }

#define NANVM_TYPED_MUT_REF_(name, type, table)                                          \
    NANVM_UNUSED static inline name##_mut_ref name##_mut_ref_null(void) {                \
        return name##_mut_ref_typed_(nanvm_mut_ref_null());                              \
    }                                                                                    \
    NANVM_UNUSED static inline bool name##_mut_ref_is_null(name##_mut_ref self) {        \
        return nanvm_mut_ref_is_null(self.untyped);                                      \
    }                                                                                    \
    NANVM_UNUSED static inline type *name##_mut_ref_get(name##_mut_ref self) {           \
        return NANVM_TO(type *, nanvm_mut_ref_get(self.untyped));                        \
    }                                                                                    \
    NANVM_UNUSED static inline size_t name##_mut_ref_length(name##_mut_ref self) {       \
        return nanvm_mut_ref_length(self.untyped);                                       \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_ref name##_mut_ref_to_ref(         \
        name##_mut_ref self) {                                                           \
        return name##_ref_typed_(nanvm_mut_ref_to_ref(self.untyped));                    \
    }                                                                                    \
    NANVM_UNUSED static inline void name##_mut_ref_drop(name##_mut_ref self) {           \
        nanvm_mut_ref_drop_typed(self.untyped, &(table));                                \
    }                                                                                    \
    NANVM_UNUSED static inline void name##_mut_ref_discard(name##_mut_ref self) {        \
        nanvm_mut_ref_discard_typed(self.untyped, &(table));                             \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_mut_ref_move(       \
        name##_mut_ref *self) {                                                          \
        return name##_mut_ref_typed_(nanvm_mut_ref_move(&self->untyped));                \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline bool name##_mut_ref_resize(               \
        name##_mut_ref *self, nanvm_manager *manager, size_t length) {                   \
        return nanvm_mut_ref_resize(&self->untyped, manager, length);                    \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline bool name##_mut_ref_resize_unset(         \
        name##_mut_ref *self, nanvm_manager *manager, size_t length) {                   \
        return nanvm_mut_ref_resize_unset(&self->untyped, manager, length);              \
    }                                                                                    \
    NANVM_UNUSED static inline void name##_mut_ref_cleanup(name##_mut_ref *self) {       \
        name##_mut_ref_drop(name##_mut_ref_move(self));                                  \
    }

#define NANVM_TYPED_REF_(name, type, table)                                              \
    NANVM_UNUSED static inline name##_ref name##_ref_null(void) {                        \
        return name##_ref_typed_(nanvm_ref_null());                                      \
    }                                                                                    \
    NANVM_UNUSED static inline bool name##_ref_is_null(name##_ref self) {                \
        return nanvm_ref_is_null(self.untyped);                                          \
    }                                                                                    \
    NANVM_UNUSED static inline const type *name##_ref_get(name##_ref self) {             \
        return NANVM_TO(const type *, nanvm_ref_get(self.untyped));                      \
    }                                                                                    \
    NANVM_UNUSED static inline size_t name##_ref_length(name##_ref self) {               \
        return nanvm_ref_length(self.untyped);                                           \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_ref name##_ref_clone(              \
        name##_ref self) {                                                               \
        return name##_ref_typed_(nanvm_ref_clone(self.untyped));                         \
    }                                                                                    \
    NANVM_UNUSED static inline void name##_ref_drop(name##_ref self) {                   \
        nanvm_ref_drop_typed(self.untyped, &(table));                                    \
    }                                                                                    \
    NANVM_UNUSED static inline size_t name##_ref_count(name##_ref self) {                \
        return nanvm_ref_count(self.untyped);                                            \
    }                                                                                    \
    NANVM_UNUSED static inline bool name##_ref_is_sole(name##_ref self) {                \
        return nanvm_ref_is_sole(self.untyped);                                          \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline bool name##_ref_try_to_mut_ref(           \
        name##_ref *self, name##_mut_ref *out) {                                         \
        return nanvm_ref_try_to_mut_ref(&self->untyped, &out->untyped);                  \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_ref_clone_object(   \
        name##_ref self, nanvm_manager *manager) {                                       \
        return name##_mut_ref_typed_(nanvm_ref_clone_object(self.untyped, manager));     \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_ref_clone_resized(  \
        name##_ref self, nanvm_manager *manager, size_t length) {                        \
        return name##_mut_ref_typed_(                                                    \
            nanvm_ref_clone_resized(self.untyped, manager, length));                     \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_mut_ref name##_ref_to_mut_ref(     \
        name##_ref *self, nanvm_manager *manager) {                                      \
        return name##_mut_ref_typed_(                                                    \
            nanvm_ref_to_mut_ref_typed(&self->untyped, manager, &(table)));              \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline type *name##_ref_make_mut(                \
        name##_ref *self, nanvm_manager *manager) {                                      \
        return NANVM_TO(type *,                                                          \
                        nanvm_ref_make_mut_typed(&self->untyped, manager, &(table)));    \
    }                                                                                    \
    NANVM_UNUSED static inline bool name##_ref_same(name##_ref a, name##_ref b) {        \
        return nanvm_ref_same(a.untyped, b.untyped);                                     \
    }                                                                                    \
    NANVM_UNUSED NANVM_NODISCARD static inline name##_ref name##_ref_move(               \
        name##_ref *self) {                                                              \
        return name##_ref_typed_(nanvm_ref_move(&self->untyped));                        \
    }                                                                                    \
    NANVM_UNUSED static inline void name##_ref_cleanup(name##_ref *self) {               \
        name##_ref_drop(name##_ref_move(self));                                          \
    }

#define NANVM_TYPED_FROM_(name, type, table)                                             \
    NANVM_UNUSED static inline bool name##_ref_from(nanvm_ref *untyped,                  \
                                                    name##_ref *out) {                   \
        bool same = nanvm_ref_type(*untyped) == &(table);                                \
        *out = name##_ref_null();                                                        \
        if (same) {                                                                      \
            out->untyped = nanvm_ref_move(untyped);                                      \
        }                                                                                \
        return same;                                                                     \
    }                                                                                    \
    NANVM_UNUSED static inline bool name##_mut_ref_from(nanvm_mut_ref *untyped,          \
                                                        name##_mut_ref *out) {           \
        bool same = nanvm_ref_type(nanvm_mut_ref_to_ref(*untyped)) == &(table);          \
        *out = name##_mut_ref_null();                                                    \
        if (same) {                                                                      \
            out->untyped = nanvm_mut_ref_move(untyped);                                  \
        }                                                                                \
        return same;                                                                     \
    }                                                                                    \
    NANVM_UNUSED static inline name##_ref name##_ref_view(nanvm_ref untyped) {           \
        nanvm_header_check_type(untyped.object, &(table));                               \
        return name##_ref_typed_(untyped);                                               \
    }                                                                                    \
    NANVM_UNUSED static inline name##_mut_ref name##_mut_ref_view(                       \
        nanvm_mut_ref untyped) {                                                         \
        nanvm_header_check_type(untyped.object, &(table));                               \
        return name##_mut_ref_typed_(untyped);                                           \
    }

#endif
