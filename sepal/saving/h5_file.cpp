#include "sepal/saving/h5_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "sepal/base/error.h"
#include "sepal/data/byte_order.h"
#include "sepal/saving/h5_chunks.h"
#include "sepal/saving/h5_claims.h"
#include "sepal/saving/h5_image.h"
#include "sepal/saving/h5_object.h"
#include "sepal/saving/plausible.h"
#include "sepal/saving/printable.h"

namespace sepal {
namespace {

constexpr unsigned char kSignature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};

constexpr std::size_t kMostObjects = 1'000'000;
// The superblock and the root's entry in it fill these bytes at the start.
constexpr std::uint64_t kSuperblockBytes = 96;

}  // namespace

bool is_h5(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof(kSignature) && std::memcmp(bytes.data(), kSignature, sizeof(kSignature)) == 0;
}

std::string h5_join(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

struct H5File::Contents {
  Contents(SharedBytes image_bytes, const std::string& name)
      : bytes(std::move(image_bytes)), image(bytes, name), heap(image) {}

  SharedBytes bytes;
  H5Image image;
  H5GlobalHeap heap;
  std::map<std::string, H5Object> objects;  // their spans point into `bytes`
};

/// Finds every object from the root on.
class H5File::Walk {
 public:
  explicit Walk(H5File& file) : file_(file), image_(file.contents_->image), claims_(image_) {}

  void run() {
    std::vector<H5Link> pending = {{"", root_address()}};
    while (!pending.empty()) {
      const H5Link link = std::move(pending.back());
      pending.pop_back();
      const std::string& path = link.name;
      H5Object object = read_h5_object(image_, claims_, link.address, path);
      H5Group* parent = path.empty() ? nullptr : &file_.groups_[parent_of(path)];
      const std::string own_name = path.substr(path.rfind('/') + 1);
      if (object.is_group) {
        file_.groups_[path];
        if (parent != nullptr) parent->groups.push_back(own_name);
        for (H5Link& child : object.links) {
          expect_name(child.name, path);
          std::string child_path = h5_join(path, child.name);
          expect_plausible_paths(child_path);
          expect_new(child.address, child_path);
          pending.push_back({std::move(child_path), child.address});
        }
      } else if (object.shape && object.layout && parent != nullptr) {
        parent->datasets.push_back(own_name);
        check_dataset(object, path);
        file_.datasets_[path] = {*object.shape, object.type.dtype, object.type.words};
      } else {
        image_.fail(path, "expected a group or a dataset");
      }
      if (!file_.contents_->objects.emplace(path, std::move(object)).second) {
        image_.fail(path, "the name comes twice");
      }
    }
    for (auto& [path, group] : file_.groups_) {
      std::sort(group.groups.begin(), group.groups.end());
      std::sort(group.datasets.begin(), group.datasets.end());
    }
    claims_.expect_no_overlaps();
  }

 private:
  // Section II.A of the HDF5 File Format Specification.
  std::uint64_t root_address() {
    if (const std::uint64_t at = user_block_bytes(); at > 0) {
      image_.fail("", fmt::format("an HDF5 file after a user block of {} bytes is not supported", at));
    }
    if (!is_h5(file_.contents_->bytes) || image_.size() < kSuperblockBytes) {
      image_.fail("", fmt::format("expected an HDF5 file. Received: {} bytes that are none", image_.size()));
    }
    H5Cursor block = image_.at(8, "superblock");
    const unsigned version = block.u8();
    if (version > 1) {
      image_.fail("",
                  fmt::format("the newer HDF5 format (superblock version {}) is not supported; h5py writes "
                              "the older one with libver='earliest'",
                              version));
    }
    block.skip(4);
    if (block.u8() != 8 || block.u8() != 8) block.fail("expected addresses of 8 bytes");
    block.skip(version == 0 ? 9 : 13);
    const std::uint64_t base = block.u64();
    block.skip(8);  // free space
    const std::uint64_t end = block.u64();
    const std::uint64_t driver = block.u64();
    block.skip(8);  // the root's name
    if (base != 0 || driver != kH5Nowhere) block.fail("user blocks and driver records are not supported");
    if (end > image_.size()) {
      image_.fail("",
                  fmt::format("the HDF5 file is said to have {} bytes. Received: {} bytes. It may be cut off",
                              end, image_.size()));
    }
    const std::uint64_t root = block.u64();
    // What follows the end is not of the file.
    file_.contents_->image =
        H5Image(std::span<const std::byte>(file_.contents_->bytes).first(end), file_.name_);
    claims_.add_table(0, kSuperblockBytes, "");
    expect_new(root, "/");
    return root;
  }

  // Where the HDF5 file begins if it does not begin at once; else 0.
  std::uint64_t user_block_bytes() const {
    const std::span<const std::byte> bytes = file_.contents_->bytes;
    if (is_h5(bytes)) return 0;
    for (std::uint64_t at = 512; at < bytes.size(); at *= 2) {
      if (is_h5(bytes.subspan(at))) return at;
    }
    return 0;
  }

  static std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }

  void expect_name(const std::string& name, const std::string& path) const {
    if (name.empty() || name == "." || name.find('/') != std::string::npos) {
      image_.fail(path, fmt::format("expected names without '/'. Received: '{}'", printable(name)));
    }
  }

  void expect_new(std::uint64_t address, const std::string& path) {
    if (!addresses_.insert(address).second)
      image_.fail(path, "the object has two names, which is not allowed");
    if (addresses_.size() > kMostObjects) image_.fail("", "it has too many HDF5 objects");
  }

  // Groups in groups have paths that are much longer than what they take in the file.
  void expect_plausible_paths(const std::string& path) {
    constexpr std::uint64_t kPathBytesOfAByte = 8;
    path_bytes_ += path.size();
    if (path_bytes_ / kPathBytesOfAByte > image_.size()) image_.fail("", "its groups are nested too deeply");
  }

  void check_dataset(const H5Object& dataset, const std::string& path) {
    std::uint64_t bytes = dataset.type.size;
    for (const std::int64_t dim : *dataset.shape) {
      const auto length = static_cast<std::uint64_t>(dim);
      if (length != 0 && bytes > kMostH5Bytes / length) {
        image_.fail(path, fmt::format("its declared size is more than {} bytes", kMostH5Bytes));
      }
      bytes *= length;
    }
    const H5Layout& layout = *dataset.layout;
    if (bytes == 0 || !dataset.type.dtype) return;
    if (layout.kind == H5Layout::Kind::chunked) {
      inflated_bytes_ += check_h5_chunks(image_, claims_, dataset, bytes, path);
      if (inflated_bytes_ > most_plausible_bytes(image_.size())) {
        image_.fail(path, fmt::format("it and others declare {} bytes in a file of {}", inflated_bytes_,
                                      image_.size()));
      }
      return;
    }
    if (!dataset.filters.empty()) image_.fail(path, "filters are allowed only with chunks");
    const bool compact = layout.kind == H5Layout::Kind::compact;
    const std::uint64_t stored = compact                        ? layout.data.size()
                                 : layout.address == kH5Nowhere ? 0
                                                                : layout.size;
    if (stored != bytes) {
      image_.fail(path, fmt::format("{} bytes are declared and {} are stored", bytes, stored));
    }
    if (compact) return;
    claims_.add_elements(layout.address, bytes, path);
  }

  H5File& file_;
  const H5Image& image_;
  std::set<std::uint64_t> addresses_;
  H5Claims claims_;
  std::uint64_t path_bytes_ = 0;
  std::uint64_t inflated_bytes_ = 0;
};

H5File::H5File(SharedBytes image, std::string name) : name_(std::move(name)) {
  contents_ = std::make_unique<Contents>(std::move(image), name_);
  Walk(*this).run();
}

H5File::~H5File() = default;

std::optional<std::string> H5File::string_attribute(const std::string& group,
                                                    const std::string& attribute) const {
  const auto values = string_list_attribute(group, attribute);
  if (!values) return {};
  if (values->size() != 1) {
    contents_->image.fail(fmt::format("{}@{}", group, attribute),
                          fmt::format("expected one string. Received: {}", values->size()));
  }
  return values->front();
}

std::optional<std::vector<std::string>> H5File::string_list_attribute(const std::string& group,
                                                                      const std::string& attribute) const {
  const H5Image& image = contents_->image;
  const auto object = contents_->objects.find(group);
  if (object == contents_->objects.end()) image.fail(group, "there is no such group");
  const auto& attributes = object->second.attributes;
  const auto entry = attributes.find(attribute);
  if (entry == attributes.end()) return {};
  const H5Attribute* found = &entry->second;
  const std::string where = fmt::format("{}@{}", group, attribute);
  std::vector<std::string> values;
  if (found->count == 0) return values;
  if (!found->type.is_text) {
    image.fail(where, fmt::format("expected strings. Received: {}", found->type.words));
  }
  H5Cursor cursor(found->data, fmt::format("'{}': HDF5 attribute '{}'", name_, where));
  for (std::uint64_t i = 0; i < found->count; ++i) {
    std::span<const std::byte> text;
    if (found->type.is_variable) {
      const std::uint32_t length = cursor.u32();
      const std::uint64_t collection = cursor.u64();
      const std::uint32_t index = cursor.u32();
      if (length > 0) {
        text = contents_->heap.object(collection, index, where);
        if (length > text.size()) image.fail(where, "a string is longer than its place");
        text = text.first(length);
      }
    } else {
      text = cursor.take(found->type.size);
    }
    text = text.first(
        static_cast<std::size_t>(std::find(text.begin(), text.end(), std::byte{0}) - text.begin()));
    values.emplace_back(reinterpret_cast<const char*>(text.data()), text.size());
  }
  return values;
}

Tensor H5File::read(const std::string& path) const {
  const H5Image& image = contents_->image;
  const auto found = datasets_.find(path);
  if (found == datasets_.end()) image.fail(path, "there is no such dataset");
  const H5Object& object = contents_->objects.at(path);
  if (!object.type.dtype) {
    image.fail(path, fmt::format("expected numbers. Received elements of type: {}", object.type.words));
  }
  Tensor tensor(*object.shape, *object.type.dtype);
  if (tensor.num_elements() == 0) return tensor;
  const std::span<std::byte> out(static_cast<std::byte*>(tensor.mutable_raw()), tensor.nbytes());
  switch (object.layout->kind) {
    case H5Layout::Kind::compact:
      std::memcpy(out.data(), object.layout->data.data(), out.size());
      break;
    case H5Layout::Kind::contiguous:
      std::memcpy(out.data(), image.at(object.layout->address, path).take(out.size()).data(), out.size());
      break;
    case H5Layout::Kind::chunked:
      read_h5_chunks(image, object, out, path);
      break;
  }
  if (object.type.big_endian) {
    reverse_bytes(out.data(), object.type.size, static_cast<std::size_t>(tensor.num_elements()));
  }
  if (*object.type.dtype == DType::boolean) {
    for (std::byte& value : out) value = value == std::byte{0} ? std::byte{0} : std::byte{1};
  }
  return tensor;
}

}  // namespace sepal
