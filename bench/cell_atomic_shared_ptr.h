/* C++20: a cell is a std::atomic<std::shared_ptr>. */
#include "cell.h"

#include <atomic>
#include <memory>

using cell_ref = std::shared_ptr<const cell_object>;

static std::atomic<cell_ref> cell_held;

static inline void cell_store(uint64_t word) {
    cell_held.store(std::make_shared<const cell_object>(cell_object{word, word}));
}

static inline uint64_t cell_load() {
    return cell_held.load()->word;
}

static inline void cell_open(uint64_t word) {
    cell_store(word);
}

static inline void cell_close() {
    cell_held.store(nullptr);
}
