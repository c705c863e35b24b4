#include "sepal/base/shared_bytes.h"

#include <cassert>
#include <utility>

#include "sepal/base/large_pages.h"

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

std::shared_ptr<std::byte[]> SharedBytes::uninitialised(std::size_t size) {
  // Not filled with zeros first: for the weights of a model that is a noticeable part of loading.
  auto memory = std::make_shared_for_overwrite<std::byte[]>(size);
  prefer_large_pages(memory.get(), size);
  return memory;
}

}  // namespace sepal
