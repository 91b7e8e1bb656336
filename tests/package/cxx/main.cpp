// A stranger's program in C++17, where a destructor drops the reference.
#include <cstdio>
#include <cstring>
#include <utility>

#include <nanvm/mem.h>

namespace {

struct point {
    double x, y;
};

NANVM_TYPE(point_type, point);
NANVM_TYPED(point, point, point_type);

class shared_point {
  public:
    explicit shared_point(point_ref ref) : ref_(ref) {}
    shared_point(const shared_point &other) : ref_(point_ref_clone(other.ref_)) {}
    shared_point(shared_point &&other) noexcept : ref_(point_ref_move(&other.ref_)) {}
    shared_point &operator=(shared_point other) noexcept {
        std::swap(ref_, other.ref_);
        return *this;
    }
    ~shared_point() {
        point_ref_drop(ref_);
    }

    const point *operator->() const {
        return point_ref_get(ref_);
    }
    bool is_shared() const {
        return point_ref_count(ref_) != 0;
    }

    shared_point with_x(double x, nanvm_manager *manager) && {
        point_mut_ref writable = point_ref_to_mut_ref(&ref_, manager);
        point_mut_ref_get(writable)->x = x;
        return shared_point(point_mut_ref_to_ref(writable));
    }

  private:
    point_ref ref_;
};

bool writes_to_a_copy(nanvm_manager *manager) {
    const point origin = {1, 2};
    shared_point a(point_mut_ref_to_ref(point_new_copy(manager, &origin)));
    shared_point b = shared_point(a).with_x(5, manager);
    return a->x == 1 && b->x == 5 && b->y == 2 && !a.is_shared() && !b.is_shared();
}

} // namespace

int main() {
    nanvm_local local;
    nanvm_local_init(&local);
    bool right = std::strcmp(nanvm_version(), NANVM_VERSION) == 0 &&
                 writes_to_a_copy(nanvm_global()) &&
                 writes_to_a_copy(nanvm_local_manager(&local)) &&
                 nanvm_stats_make(nanvm_local_manager(&local)).live_blocks == 0;
    nanvm_local_deinit(&local);
    std::puts(right ? "nanvm_mem works" : "nanvm_mem doesn't work");
    return right ? 0 : 1;
}
