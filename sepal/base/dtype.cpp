#include "sepal/base/dtype.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "sepal/base/error.h"

namespace sepal {
namespace {

struct DTypeRow {
  std::string_view name;
  std::size_t size;
};

// In the order of the enumeration.
constexpr std::array<DTypeRow, 13> kDTypes = {{{"float32", 4},
                                               {"float64", 8},
                                               {"float16", 2},
                                               {"bfloat16", 2},
                                               {"int8", 1},
                                               {"int16", 2},
                                               {"int32", 4},
                                               {"int64", 8},
                                               {"uint8", 1},
                                               {"uint16", 2},
                                               {"uint32", 4},
                                               {"uint64", 8},
                                               {"bool", 1}}};

}  // namespace

std::size_t size_of(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)].size; }

std::string_view name_of(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)].name; }

DType dtype_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].name == name) return static_cast<DType>(i);
  }
  throw TypeError(
      fmt::format("Unknown dtype. Expected a name such as 'float32' or 'int64'. Received: '{}'", name));
}

bool is_floating(DType dtype) { return is_computable(dtype) || is_half(dtype); }

bool is_computable(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

bool is_half(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; }

}  // namespace sepal
