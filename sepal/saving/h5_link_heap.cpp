// Names of a group that has more than eight and one outside of ASCII: a B-tree of places in a fractal heap,
// where each name stands as a link message (sections III.A.2 and III.G of the HDF5 File Format
// Specification).
#include <algorithm>
#include <bit>
#include <set>

#include "sepal/saving/h5_object.h"

namespace sepal {
namespace {

constexpr std::size_t kMostLinks = 1'000'000;
constexpr unsigned kDeepestTree = 16;
constexpr unsigned kRecordBytes = 11;     // of an index of names: a hash and a place in the heap
constexpr unsigned kNodeFrameBytes = 10;  // signature, version, type and checksum

// Bytes that hold any whole number up to `most`.
unsigned bytes_up_to(std::uint64_t most) { return static_cast<unsigned>(std::bit_width(most) - 1) / 8 + 1; }

// Numbers of these widths stand in nodes and places. 1 to 8 bytes.
std::uint64_t wide_number(H5Cursor& cursor, unsigned bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{cursor.u8()} << (8 * i);
  return value;
}

// Blocks in rows of `width_`; those of rows 0 and 1 have `first_size_` bytes, of each further row twice as
// many.
class LinkHeap {
 public:
  LinkHeap(const H5Image& image, std::uint64_t address, const std::string& path)
      : image_(image), path_(path) {
    H5Cursor header = image.at(address, path);
    header.expect("FRHP");
    header.skip(1);
    const unsigned place_bytes = header.u16();
    const unsigned filter_bytes = header.u16();
    header.skip(1);
    const std::uint32_t largest_object = header.u32();
    header.skip(12 * 8);  // objects elsewhere, free space, counts
    width_ = header.u16();
    first_size_ = header.u64();
    largest_block_ = header.u64();
    const unsigned address_bits = header.u16();
    header.skip(2);
    root_ = header.u64();
    rows_ = header.u16();
    const bool is_sound = filter_bytes == 0 && width_ > 0 && width_ <= 1024 &&
                          std::has_single_bit(first_size_) && std::has_single_bit(largest_block_) &&
                          first_size_ <= largest_block_ && largest_block_ <= kMostH5Bytes &&
                          largest_object > 0 && address_bits > 0 && address_bits <= 64;
    if (!is_sound) header.fail("its heap of names is damaged");
    offset_bytes_ = (address_bits + 7) / 8;
    const unsigned block_bytes = (static_cast<unsigned>(std::bit_width(largest_block_)) + 6) / 8;
    length_bytes_ = std::min(block_bytes, bytes_up_to(largest_object));
    if (1 + offset_bytes_ + length_bytes_ > place_bytes) header.fail("its heap of names is damaged");
  }

  H5Link read(H5Cursor place) const {
    if (place.u8() != 0) place.fail("a name in it is too long");
    const std::uint64_t offset = wide_number(place, offset_bytes_);
    const std::uint64_t length = wide_number(place, length_bytes_);
    std::uint64_t start = 0;
    std::uint64_t size = first_size_;
    std::uint64_t block = root_;
    if (rows_ > 0) {
      const std::uint64_t in_row_0 = first_size_ * width_;
      const unsigned row = offset < in_row_0 ? 0 : static_cast<unsigned>(std::bit_width(offset / in_row_0));
      if (row >= rows_ || row > 40) place.fail("a name in it is damaged");
      if (row > 0) {
        start = in_row_0 << (row - 1);
        size = first_size_ << (row - 1);
      }
      if (size > largest_block_) place.fail("it has too many names");
      const std::uint64_t column = (offset - start) / size;
      start += column * size;
      block = block_address(row * width_ + column);
    }
    const std::uint64_t within = offset - start;
    if (within > size || length > size - within) place.fail("a name in it is damaged");
    image_.at(block, path_).expect("FHDB");
    H5Cursor object = image_.at(block, path_);
    object.skip(within);
    return read_h5_link(object);
  }

 private:
  std::uint64_t block_address(std::uint64_t index) const {
    H5Cursor table = image_.at(root_, path_);
    table.expect("FHIB");
    table.skip(1 + 8 + offset_bytes_ + index * 8);
    return table.u64();
  }

  const H5Image& image_;
  const std::string& path_;
  std::uint64_t width_ = 0;
  std::uint64_t first_size_ = 0;
  std::uint64_t largest_block_ = 0;
  std::uint64_t root_ = 0;
  unsigned rows_ = 0;  // 0: the root is the only block
  unsigned offset_bytes_ = 0;
  unsigned length_bytes_ = 0;
};

class LinkTree {
 public:
  LinkTree(const H5Image& image, const LinkHeap& heap, const std::string& path)
      : image_(image), heap_(heap), path_(path) {}

  std::vector<H5Link> read(std::uint64_t address) {
    H5Cursor header = image_.at(address, path_);
    header.expect("BTHD");
    header.skip(2);
    const std::uint32_t node_bytes = header.u32();
    const unsigned record_bytes = header.u16();
    const unsigned depth = header.u16();
    header.skip(2);
    const std::uint64_t root = header.u64();
    const unsigned records = header.u16();
    if (record_bytes != kRecordBytes || node_bytes < 64 || depth > kDeepestTree) {
      header.fail("its tree of names is damaged");
    }
    // How many records lie in a node, and in all below it, decides how wide their counts are.
    const std::uint64_t in_leaf = (node_bytes - kNodeFrameBytes) / kRecordBytes;
    count_bytes_ = bytes_up_to(in_leaf);
    total_bytes_ = {0};
    std::uint64_t below = in_leaf;
    for (unsigned level = 1; level <= depth; ++level) {
      const unsigned pointer_bytes = 8 + count_bytes_ + total_bytes_.back();
      const std::uint64_t in_node =
          (node_bytes - kNodeFrameBytes - pointer_bytes) / (kRecordBytes + pointer_bytes);
      below = std::min((in_node + 1) * below + in_node, kMostH5Bytes);
      total_bytes_.push_back(bytes_up_to(below));
    }
    if (root != kH5Nowhere && records > 0) read_node(root, depth, records);
    std::sort(links_.begin(), links_.end(), [](const H5Link& a, const H5Link& b) { return a.name < b.name; });
    return std::move(links_);
  }

 private:
  void read_node(std::uint64_t address, unsigned level, std::uint64_t records) {
    if (!visited_.insert(address).second) image_.fail(path_, "its tree of names has a loop");
    H5Cursor node = image_.at(address, path_);
    node.expect(level == 0 ? "BTLF" : "BTIN");
    node.skip(1);
    if (node.u8() != 5) node.fail("its tree of names is damaged");
    for (std::uint64_t i = 0; i < records; ++i) {
      if (links_.size() >= kMostLinks) node.fail("it has too many names");
      H5Cursor record(node.take(kRecordBytes), "'" + image_.name() + "': HDF5 object '" + path_ + "'");
      record.skip(4);  // the name's hash
      links_.push_back(heap_.read(record));
      name_bytes_ += links_.back().name.size();
      if (name_bytes_ > image_.size()) node.fail("its names overlap");
    }
    if (level == 0) return;
    for (std::uint64_t i = 0; i <= records; ++i) {
      const std::uint64_t child = node.u64();
      const std::uint64_t count = wide_number(node, count_bytes_);
      if (level > 1) node.skip(total_bytes_[level - 1]);
      read_node(child, level - 1, count);
    }
  }

  const H5Image& image_;
  const LinkHeap& heap_;
  const std::string& path_;
  unsigned count_bytes_ = 0;
  std::vector<unsigned> total_bytes_;  // by level
  std::set<std::uint64_t> visited_;
  std::vector<H5Link> links_;
  std::uint64_t name_bytes_ = 0;
};

}  // namespace

std::vector<H5Link> read_h5_link_heap(const H5Image& image, std::uint64_t heap, std::uint64_t tree,
                                      const std::string& path) {
  const LinkHeap links(image, heap, path);
  return LinkTree(image, links, path).read(tree);
}

}  // namespace sepal
