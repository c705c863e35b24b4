#include "sepal/data/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/data/byte_order.h"
#include "sepal/data/npy_header.h"

namespace sepal {
namespace {

std::int64_t element_bytes(const NpyHeader& header, const std::string& file) {
  try {
    return checked_multiply(header.shape.num_elements(), static_cast<std::int64_t>(size_of(header.dtype)));
  } catch (const ValueError& error) {
    throw ValueError(fmt::format("'{}' has a damaged .npy header: {}", file, error.what()));
  }
}

// Memory for the elements, taken only once the file is known to hold exactly as many.
Tensor allocate_elements(const NpyHeader& header, std::uint64_t file_bytes, const std::string& file) {
  const auto expected = static_cast<std::uint64_t>(element_bytes(header, file));
  const std::uint64_t found = file_bytes - header.data_offset;
  if (expected != found) {
    throw ValueError(fmt::format(
        "'{}' does not hold what its .npy header says: expected {} bytes of elements for shape {} "
        "of {}. Received: {} bytes",
        file, expected, header.shape.str(), name_of(header.dtype), found));
  }
  return Tensor(header.shape, header.dtype);
}

std::span<std::byte> bytes_of(Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.mutable_raw()), tensor.nbytes()};
}

// Elements stored with the first axis running fastest, rearranged so that the last one does.
Tensor from_fortran_order(const Tensor& stored) {
  const Shape& shape = stored.shape();
  Tensor result(shape, stored.dtype());
  const std::size_t size = size_of(stored.dtype());
  const auto* in = static_cast<const std::byte*>(stored.raw());
  auto* out = static_cast<std::byte*>(result.mutable_raw());
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()), 0);
  std::vector<std::int64_t> stride(index.size(), 1);
  for (std::size_t axis = 1; axis < stride.size(); ++axis) {
    stride[axis] = stride[axis - 1] * shape[static_cast<int>(axis) - 1];
  }
  std::int64_t from = 0;
  for (std::int64_t to = 0; to < stored.num_elements(); ++to) {
    std::memcpy(out + static_cast<std::size_t>(to) * size, in + static_cast<std::size_t>(from) * size, size);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      from += stride[axis];
      if (++index[axis] < shape[static_cast<int>(axis)]) break;
      from -= index[axis] * stride[axis];
      index[axis] = 0;
    }
  }
  return result;
}

// Elements as the file has them -> as this machine and a Tensor want them.
Tensor finish(Tensor elements, const NpyHeader& header) {
  const auto count = static_cast<std::size_t>(elements.num_elements());
  if (header.big_endian) {
    reverse_bytes(elements.mutable_raw(), size_of(header.dtype), count);
  }
  if (header.dtype == DType::boolean) {
    // A bool of C++ has no other values than 0 and 1; NumPy takes every other byte for true.
    for (std::byte& byte : bytes_of(elements)) byte = std::min(byte, std::byte{1});
  }
  return header.fortran_order ? from_fortran_order(elements) : elements;
}

}  // namespace

Tensor read_npy(const std::string& path) {
  const InputFile file(path);
  std::vector<std::byte> begin(std::min<std::uint64_t>(file.size(), kMostNpyHeaderBytes));
  file.read(0, begin);
  const NpyHeader header = parse_npy_header(begin, path);
  Tensor elements = allocate_elements(header, file.size(), path);
  file.read(header.data_offset, bytes_of(elements));
  return finish(std::move(elements), header);
}

Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name) {
  const NpyHeader header = parse_npy_header(bytes, name);
  Tensor elements = allocate_elements(header, bytes.size(), name);
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(header.data_offset), bytes.end(),
            bytes_of(elements).begin());
  return finish(std::move(elements), header);
}

void write_npy(const std::string& path, const Tensor& tensor) {
  const std::string header = format_npy_header(tensor.dtype(), tensor.shape());
  AtomicFile file(path);
  file.write(header);
  file.write({static_cast<const std::byte*>(tensor.raw()), tensor.nbytes()});
  file.commit();
}

}  // namespace sepal
