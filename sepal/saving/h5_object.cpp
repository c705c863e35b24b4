// Object headers and their messages: sections IV.A.1 and IV.A.2 of the HDF5 File Format Specification.
#include "sepal/saving/h5_object.h"

#include <fmt/format.h>

#include <deque>
#include <set>
#include <utility>

#include "sepal/saving/printable.h"

namespace sepal {
namespace {

enum Message : unsigned {
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kLayout = 0x08,
  kFilters = 0x0B,
  kAttribute = 0x0C,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kAttributeInfo = 0x15,
};

constexpr unsigned kSharedFlag = 2;

struct Space {
  bool has_elements = true;  // false: the null space
  std::vector<std::int64_t> dims;
  std::uint64_t count = 1;
};

Space read_space(H5Cursor& cursor) {
  const unsigned version = cursor.u8();
  const unsigned rank = cursor.u8();
  const unsigned flags = cursor.u8();
  if (version != 1 && version != 2) cursor.fail("its shape is of an unknown version");
  const unsigned kind = cursor.u8();  // version 1: reserved
  if (version == 1) cursor.skip(4);
  Space space;
  space.has_elements = version == 1 || kind != 2;
  if (!space.has_elements) space.count = 0;
  if (rank > static_cast<unsigned>(kMaxRank)) {
    cursor.fail(fmt::format("expected at most {} axes. Received: {}", kMaxRank, rank));
  }
  for (unsigned axis = 0; axis < rank; ++axis) {
    const std::uint64_t dim = cursor.u64();
    if (dim > kMostH5Bytes || (dim != 0 && space.count > kMostH5Bytes / dim)) {
      cursor.fail(fmt::format("its declared size is more than {} elements", kMostH5Bytes));
    }
    space.count *= dim;
    space.dims.push_back(static_cast<std::int64_t>(dim));
  }
  if ((flags & 1U) != 0) cursor.skip(8 * rank);  // the most that each axis may grow to
  return space;
}

H5Layout read_layout(H5Cursor& cursor) {
  const unsigned version = cursor.u8();
  if (version != 3) {
    cursor.fail(
        fmt::format("storage of layout version {} is not supported, such as a virtual dataset", version));
  }
  H5Layout layout;
  switch (cursor.u8()) {
    case 0:
      layout.kind = H5Layout::Kind::compact;
      layout.data = cursor.take(cursor.u16());
      break;
    case 1:
      layout.kind = H5Layout::Kind::contiguous;
      layout.address = cursor.u64();
      layout.size = cursor.u64();
      break;
    case 2: {
      layout.kind = H5Layout::Kind::chunked;
      const unsigned axes = cursor.u8();  // and one for the bytes of an element
      layout.address = cursor.u64();
      for (unsigned axis = 0; axis + 1 < axes; ++axis) layout.chunk.push_back(cursor.u32());
      break;
    }
    default:
      cursor.fail("expected compact, contiguous or chunked storage");
  }
  return layout;
}

std::vector<H5Filter> read_filters(H5Cursor& cursor) {
  const unsigned version = cursor.u8();
  const unsigned count = cursor.u8();
  if (version != 1) cursor.fail("its filters are of an unknown version");
  cursor.skip(6);
  std::vector<H5Filter> filters;
  for (unsigned i = 0; i < count; ++i) {
    const std::uint16_t id = cursor.u16();
    const unsigned name = cursor.u16();
    cursor.skip(2);
    const unsigned values = cursor.u16();
    cursor.skip((name + 7U) / 8U * 8U);
    cursor.skip(4U * values + (values % 2U) * 4U);
    filters.push_back({id});
  }
  return filters;
}

std::pair<std::string, H5Attribute> read_attribute(H5Cursor& cursor) {
  const unsigned version = cursor.u8();
  if (version < 1 || version > 3) cursor.fail("an attribute is of an unknown version");
  const unsigned flags = cursor.u8();
  if (version > 1 && flags != 0) cursor.fail("attributes with shared types are not supported");
  const unsigned name_bytes = cursor.u16();
  const unsigned type_bytes = cursor.u16();
  const unsigned space_bytes = cursor.u16();
  if (version == 3) cursor.skip(1);  // the name's character set
  const auto padded = [&](unsigned bytes) { return version == 1 ? (bytes + 7U) / 8U * 8U : bytes; };
  const auto name = cursor.take(padded(name_bytes));
  H5Attribute attribute;
  std::string own_name(reinterpret_cast<const char*>(name.data()), name_bytes == 0 ? 0 : name_bytes - 1);
  const std::string shown = printable(own_name);
  H5Cursor type = cursor.part(padded(type_bytes), fmt::format("the type of attribute '{}'", shown));
  attribute.type = read_h5_type(type);
  H5Cursor space = cursor.part(padded(space_bytes), fmt::format("the shape of attribute '{}'", shown));
  attribute.count = read_space(space).count;
  if (attribute.count > cursor.left() / attribute.type.size) {
    cursor.fail(fmt::format("attribute '{}' has {} elements of {} bytes in {} bytes", shown, attribute.count,
                            attribute.type.size, cursor.left()));
  }
  attribute.data = cursor.take(attribute.count * attribute.type.size);
  return {std::move(own_name), std::move(attribute)};
}

class ObjectReader {
 public:
  ObjectReader(const H5Image& image, H5Claims& claims, std::string path)
      : image_(image), claims_(claims), path_(std::move(path)) {}

  H5Object read(std::uint64_t address) {
    H5Cursor header = image_.at(address, path_);
    if (header.u8() != 1) header.fail("its header is of a newer format or damaged");
    header.skip(1);
    messages_left_ = header.u16();
    header.skip(4);  // how many links lead here
    const std::uint32_t size = header.u32();
    header.skip(4);
    claims_.add_table(address, header.position() + std::uint64_t{size}, path_);
    read_block(header.take(size));
    while (!continuations_.empty()) {
      const auto [begin, bytes] = continuations_.front();
      continuations_.pop_front();
      if (!continued_.insert(begin).second) image_.fail(path_, "its header has a loop");
      claims_.add_table(begin, bytes, path_);
      read_block(image_.at(begin, path_).take(bytes));
    }
    object_.is_group = has_names_;
    return std::move(object_);
  }

 private:
  void read_block(std::span<const std::byte> block) {
    H5Cursor cursor = named(block);
    while (cursor.left() >= 8 && messages_left_ > 0) {
      --messages_left_;
      const unsigned kind = cursor.u16();
      const unsigned size = cursor.u16();
      const unsigned flags = cursor.u8();
      cursor.skip(3);
      H5Cursor message = named(cursor.take(size));
      if ((flags & kSharedFlag) != 0 && kind <= kAttribute) message.fail("shared messages are not supported");
      read_message(kind, message);
    }
  }

  void read_message(unsigned kind, H5Cursor& message) {
    switch (kind) {
      case kDataspace: {
        Space space = read_space(message);
        if (!space.has_elements) message.fail("it has no elements and no shape");
        object_.shape = Shape(std::move(space.dims));
        break;
      }
      case kDatatype:
        object_.type = read_h5_type(message);
        break;
      case kLayout:
        object_.layout = read_layout(message);
        break;
      case kFilters:
        object_.filters = read_filters(message);
        break;
      case kAttribute:
        object_.attributes.insert(read_attribute(message));
        break;
      case kExternalFiles:
        message.fail("external storage is not allowed");
      case kContinuation: {
        const std::uint64_t begin = message.u64();
        continuations_.emplace_back(begin, message.u64());
        break;
      }
      case kSymbolTable: {
        const std::uint64_t tree = message.u64();
        object_.links = read_h5_symbol_table(image_, claims_, tree, message.u64(), path_);
        has_names_ = true;
        break;
      }
      case kLink:
        object_.links.push_back(read_h5_link(message));
        has_names_ = true;
        break;
      case kLinkInfo:
        read_link_info(message);
        has_names_ = true;
        break;
      case kAttributeInfo:
        expect_compact_attributes(message);
        break;
      default:
        break;  // times, comments, fill values and the like
    }
  }

  void read_link_info(H5Cursor& message) {
    message.skip(1);
    if ((message.u8() & 1U) != 0) message.skip(8);  // the highest order of creation
    const std::uint64_t heap = message.u64();
    if (heap != kH5Nowhere) object_.links = read_h5_link_heap(image_, heap, message.u64(), path_);
  }

  // Whether attributes stand in the header and not in a heap.
  static void expect_compact_attributes(H5Cursor& message) {
    message.skip(1);
    if ((message.u8() & 1U) != 0) message.skip(2);  // the highest order of creation
    if (message.u64() != kH5Nowhere) {
      message.fail("its attributes are stored in a newer format, which is not supported");
    }
  }

  H5Cursor named(std::span<const std::byte> bytes) const {
    return {bytes,
            fmt::format("'{}': HDF5 object '{}'", image_.name(), path_.empty() ? "/" : printable(path_))};
  }

  const H5Image& image_;
  H5Claims& claims_;
  std::string path_;
  H5Object object_;
  bool has_names_ = false;
  unsigned messages_left_ = 0;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> continuations_;
  std::set<std::uint64_t> continued_;
};

}  // namespace

// Section IV.A.2.g: one name of a group, in its header if there are few, else in its heap.
H5Link read_h5_link(H5Cursor& cursor) {
  const unsigned version = cursor.u8();
  const unsigned flags = cursor.u8();
  if (version != 1) cursor.fail("a link is of an unknown version");
  const unsigned kind = (flags & 8U) != 0 ? cursor.u8() : 0;
  if ((flags & 4U) != 0) cursor.skip(8);   // the order of creation
  if ((flags & 16U) != 0) cursor.skip(1);  // the name's character set
  const auto name = cursor.take(cursor.sized(1U << (flags & 3U)));
  H5Link link;
  link.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  if (kind != 0) {
    cursor.fail(fmt::format("{} is not allowed: '{}'",
                            kind == 1    ? "a soft link"
                            : kind == 64 ? "a link to another file"
                                         : "a user-defined link",
                            printable(link.name)));
  }
  link.address = cursor.u64();
  return link;
}

H5Object read_h5_object(const H5Image& image, H5Claims& claims, std::uint64_t address,
                        const std::string& path) {
  return ObjectReader(image, claims, path).read(address);
}

}  // namespace sepal
