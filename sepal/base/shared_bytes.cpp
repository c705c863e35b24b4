#include "sepal/base/shared_bytes.h"

#include <cassert>
#include <utility>

#include "sepal/base/buffer.h"

namespace sepal {

SharedBytes::SharedBytes(std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  bytes_ = *owner;
  owner_ = std::move(owner);
}

SharedBytes SharedBytes::part(std::size_t offset, std::size_t count) const {
  assert(offset <= size() && count <= size() - offset);
  SharedBytes result = *this;
  result.bytes_ = bytes_.subspan(offset, count);
  return result;
}

// From the memory of tensors, which then takes what is freed after loading for the packed weights. Not filled
// with zeros first. Both show in the time of loading.
std::shared_ptr<std::byte[]> SharedBytes::uninitialised(std::size_t size) { return allocate_buffer(size); }

}  // namespace sepal
