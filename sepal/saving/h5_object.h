// Object headers of HDF5 files: what a group or a dataset says of itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sepal/base/dtype.h"
#include "sepal/base/shape.h"
#include "sepal/saving/h5_claims.h"
#include "sepal/saving/h5_image.h"

namespace sepal {

/// A dataset that declares more is damaged; below it no product of sizes overflows.
inline constexpr std::uint64_t kMostH5Bytes = std::uint64_t{1} << 46;

/// The type of an element.
struct H5Type {
  std::optional<DType> dtype;  // empty: no tensor can hold it
  std::uint64_t size = 0;      // bytes of an element in the file
  bool big_endian = false;
  bool is_text = false;
  bool is_variable = false;  // a text that stands in the global heap
  std::string words;         // "compound of 8 bytes"
};

struct H5Filter {
  std::uint16_t id = 0;
};

/// Where a dataset's elements are.
struct H5Layout {
  enum class Kind { compact, contiguous, chunked };
  Kind kind = Kind::contiguous;
  std::span<const std::byte> data;     // compact
  std::uint64_t address = kH5Nowhere;  // of the elements, or of the chunks' tree
  std::uint64_t size = 0;              // contiguous: bytes
  std::vector<std::int64_t> chunk;     // elements on each axis
};

struct H5Attribute {
  H5Type type;
  std::uint64_t count = 0;  // elements
  std::span<const std::byte> data;
};

struct H5Link {
  std::string name;
  std::uint64_t address = 0;
};

struct H5Object {
  bool is_group = false;
  std::optional<Shape> shape;  // of a dataset
  H5Type type;
  std::optional<H5Layout> layout;
  std::vector<H5Filter> filters;
  std::map<std::string, H5Attribute> attributes;
  std::vector<H5Link> links;  // of a group, in the file's order
};

/// Reads the object header at `address`, and a group's list of names, and claims their bytes.
/// @throws ValueError naming `path` if it is damaged or of a kind that is not supported: soft, external and
/// user-defined links, external and virtual datasets, headers of newer formats.
H5Object read_h5_object(const H5Image& image, H5Claims& claims, std::uint64_t address,
                        const std::string& path);

/// The names in a group that keeps them in a B-tree and a local heap.
std::vector<H5Link> read_h5_symbol_table(const H5Image& image, H5Claims& claims, std::uint64_t tree,
                                         std::uint64_t heap, const std::string& path);

/// The names in a group that keeps them in a fractal heap.
std::vector<H5Link> read_h5_link_heap(const H5Image& image, std::uint64_t heap, std::uint64_t tree,
                                      const std::string& path);

/// The name and the address in a link message.
H5Link read_h5_link(H5Cursor& cursor);

/// The type that a datatype message describes.
H5Type read_h5_type(H5Cursor& cursor);

}  // namespace sepal
