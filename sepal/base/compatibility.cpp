#include "sepal/base/compatibility.h"

#include <atomic>

namespace sepal {
namespace {

std::atomic<Compatibility> current_mode{Compatibility::keras3};

}  // namespace

Compatibility compatibility() { return current_mode; }
void set_compatibility(Compatibility mode) { current_mode = mode; }

}  // namespace sepal
