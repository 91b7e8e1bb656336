/* C++: an intrusive pointer written by hand, a template with a plain count in front of
 * the object. It gives up the last reference of what it deletes in a loop, so that a
 * list doesn't recurse. */
#ifndef BENCH_SUBJECT_INTRUSIVE_H
#define BENCH_SUBJECT_INTRUSIVE_H

template <typename T> class intrusive {
  public:
    intrusive() noexcept = default;
    explicit intrusive(T &&value) : cell(new counted{1, std::move(value)}) {}
    intrusive(intrusive &&other) noexcept : cell(std::exchange(other.cell, nullptr)) {}
    intrusive(const intrusive &other) noexcept : cell(other.cell) {
        if (cell != nullptr) {
            ++cell->count;
        }
    }
    intrusive &operator=(intrusive other) noexcept {
        std::swap(cell, other.cell);
        return *this;
    }
    ~intrusive() {
        release(cell);
    }

    T *get() const noexcept {
        return cell == nullptr ? nullptr : &cell->value;
    }
    T &operator*() const noexcept {
        return cell->value;
    }
    bool is_null() const noexcept {
        return cell == nullptr;
    }
    bool is_sole() const noexcept {
        return cell->count == 1;
    }

  private:
    struct counted {
        size_t count;
        T value;
    };
    counted *cell = nullptr;

    static void release(counted *self) noexcept {
        while (self != nullptr && --self->count == 0) {
            intrusive *last = intrusive_last(&self->value);
            counted *next =
                last == nullptr ? nullptr : std::exchange(last->cell, nullptr);
            delete self;
            self = next;
        }
    }
};

static inline void bench_open(void) {}
static inline void bench_close(void) {}

#define BENCH_HANDLE(name)                                                               \
    struct name;                                                                         \
    using name##_ref = intrusive<name>;                                                  \
    static inline name##_ref *intrusive_last(name *value) noexcept

#define INTRUSIVE_OBJECT_(name, last_reference)                                          \
    static inline name##_ref *intrusive_last(name *value) noexcept {                     \
        (void)value;                                                                     \
        return last_reference;                                                           \
    }                                                                                    \
    static inline name##_ref name##_null() {                                             \
        return {};                                                                       \
    }                                                                                    \
    static inline bool name##_is_null(const name##_ref *self) {                          \
        return self->is_null();                                                          \
    }                                                                                    \
    static inline name##_ref name##_make(name value) {                                   \
        return name##_ref(std::move(value));                                             \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return *self;                                                                    \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        (void)self;                                                                      \
    }                                                                                    \
    static inline const name *name##_read(const name##_ref *self) {                      \
        return self->get();                                                              \
    }                                                                                    \
    static inline bool name##_is_sole(const name##_ref *self) {                          \
        return self->is_sole();                                                          \
    }                                                                                    \
    static inline name *name##_write(name##_ref *self) {                                 \
        if (!self->is_sole()) {                                                          \
            *self = name##_ref(name(**self));                                            \
        }                                                                                \
        return self->get();                                                              \
    }

#define BENCH_TYPE_0(name) INTRUSIVE_OBJECT_(name, nullptr)
#define BENCH_TYPE_1(name, last) INTRUSIVE_OBJECT_(name, &value->last)
#define BENCH_TYPE_2(name, a, last) INTRUSIVE_OBJECT_(name, &value->last)
#define BENCH_TYPE_MANY(name, child, member, length) INTRUSIVE_OBJECT_(name, nullptr)

#endif
