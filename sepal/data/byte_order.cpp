#include "sepal/data/byte_order.h"

#include <algorithm>

namespace sepal {

void reverse_bytes(void* elements, std::size_t element_size, std::size_t count) {
  auto* bytes = static_cast<std::byte*>(elements);
  for (std::size_t i = 0; i < count; ++i, bytes += element_size) std::reverse(bytes, bytes + element_size);
}

}  // namespace sepal
