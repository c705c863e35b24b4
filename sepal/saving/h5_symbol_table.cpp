// Names of a group: B-tree nodes, symbol table nodes and the local heap (sections III.A.1, III.B and III.D of
// the HDF5 File Format Specification).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sepal/saving/h5_object.h"
#include "sepal/saving/printable.h"

namespace sepal {
namespace {

constexpr std::size_t kMostNames = 1'000'000;

class SymbolTable {
 public:
  SymbolTable(const H5Image& image, H5Claims& claims, const std::string& path)
      : image_(image), claims_(claims), path_(path) {}

  void read_heap(std::uint64_t address) {
    H5Cursor heap = image_.at(address, path_);
    heap.expect("HEAP");
    heap.skip(4);
    const std::uint64_t size = heap.u64();
    heap.skip(8);  // free space
    const std::uint64_t data = heap.u64();
    claims_.add_table(address, heap.position(), path_);
    names_ = image_.at(data, path_).take(size);
    claims_.add_table(data, size, path_);
    name_bytes_left_ = size;
  }

  // Level 0 points to tables, the levels above to nodes one level lower.
  void read_tree(std::uint64_t address, int level) {
    H5Cursor node = once(address);
    node.expect("TREE");
    if (node.u8() != 0) node.fail("its tree of names is damaged");
    const int found = node.u8();
    if (level >= 0 && found != level) node.fail("its tree of names is damaged");
    const unsigned entries = node.u16();
    node.skip(16);  // siblings
    for (unsigned i = 0; i < entries; ++i) {
      node.skip(8);  // the key
      const std::uint64_t child = node.u64();
      if (found == 0) {
        read_table(child);
      } else {
        read_tree(child, found - 1);
      }
    }
    claims_.add_table(address, node.position(), path_);
  }

  std::vector<H5Link> take() { return std::move(links_); }

 private:
  H5Cursor once(std::uint64_t address) {
    if (!visited_.insert(address).second) image_.fail(path_, "its tree of names has a loop");
    return image_.at(address, path_);
  }

  void read_table(std::uint64_t address) {
    H5Cursor table = once(address);
    table.expect("SNOD");
    table.skip(2);
    const unsigned symbols = table.u16();
    for (unsigned i = 0; i < symbols; ++i) {
      H5Link link;
      link.name = name_at(table.u64());
      link.address = table.u64();
      const std::uint32_t cached = table.u32();
      table.skip(20);
      if (cached == 2) table.fail(fmt::format("a soft link is not allowed: '{}'", printable(link.name)));
      if (links_.size() >= kMostNames) table.fail("it has too many names");
      links_.push_back(std::move(link));
    }
    claims_.add_table(address, table.position(), path_);
  }

  std::string name_at(std::uint64_t offset) {
    if (offset >= names_.size()) image_.fail(path_, "a name in it is damaged");
    const auto rest = names_.subspan(offset);
    const auto end = std::find(rest.begin(), rest.end(), std::byte{0});
    const auto length = static_cast<std::uint64_t>(end - rest.begin());
    if (end == rest.end() || length > name_bytes_left_) image_.fail(path_, "a name in it is damaged");
    name_bytes_left_ -= length;
    return {reinterpret_cast<const char*>(rest.data()), length};
  }

  const H5Image& image_;
  H5Claims& claims_;
  const std::string& path_;
  std::span<const std::byte> names_;
  std::uint64_t name_bytes_left_ = 0;  // no two names share bytes
  std::set<std::uint64_t> visited_;
  std::vector<H5Link> links_;
};

}  // namespace

std::vector<H5Link> read_h5_symbol_table(const H5Image& image, H5Claims& claims, std::uint64_t tree,
                                         std::uint64_t heap, const std::string& path) {
  SymbolTable table(image, claims, path);
  table.read_heap(heap);
  table.read_tree(tree, -1);
  return table.take();
}

}  // namespace sepal
