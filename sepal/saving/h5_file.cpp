#include "sepal/saving/h5_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>
#include <utility>

#include "sepal/base/error.h"
#include "sepal/saving/h5_library.h"
#include "sepal/saving/printable.h"

namespace sepal {
namespace {

constexpr unsigned char kSignature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
constexpr std::uint64_t kNoAddress = ~std::uint64_t{0};

constexpr std::size_t kMostObjects = 1'000'000;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 46;
// The best that deflate can do (zlib: 1032:1).
constexpr std::uint64_t kMostInflation = 1032;
// h5py chooses chunks of at most this size, also for datasets that are smaller.
constexpr std::uint64_t kSmallChunk = 1U << 20;
// Both kinds of superblock fill at least these bytes at the start.
constexpr std::uint64_t kSuperblockBytes = 48;

// The library keeps no copy of a file image of which all "copies" are the image itself. That is safe because
// it is opened for reading only.
void* same_image(std::size_t, H5FD_file_image_op_t, void* image) { return image; }
void* keep_image(void* to, const void*, std::size_t, H5FD_file_image_op_t, void*) { return to; }
herr_t leave_image(void*, H5FD_file_image_op_t, void*) { return 0; }
void* same_user_data(void* image) { return image; }
herr_t leave_user_data(void*) { return 0; }

H5Id open_image(std::vector<std::byte>& image) {
  const H5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5FD_file_image_callbacks_t callbacks = {same_image,     keep_image,      nullptr,     leave_image,
                                           same_user_data, leave_user_data, image.data()};
  if (!access || H5Pset_fapl_core(access.get(), kSmallChunk, false) < 0 ||
      H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG) < 0 ||
      H5Pset_file_image_callbacks(access.get(), &callbacks) < 0 ||
      H5Pset_file_image(access.get(), image.data(), image.size()) < 0) {
    return {};
  }
  return {H5Fopen(h5_memory_name().c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose};
}

struct Link {
  std::string name;
  H5L_type_t type;
};

// Called by C: no exception may leave it.
herr_t collect_link(hid_t, const char* name, const H5L_info_t* info, void* links) noexcept {
  try {
    auto& all = *static_cast<std::vector<Link>*>(links);
    if (all.size() >= kMostObjects) return -1;
    all.push_back({name, info->type});
    return 0;
  } catch (const std::bad_alloc&) {
    return -1;
  }
}

const char* words_of(H5L_type_t type) {
  switch (type) {
    case H5L_TYPE_SOFT:
      return "a soft link";
    case H5L_TYPE_EXTERNAL:
      return "a link to another file";
    default:
      return "a user-defined link";
  }
}

struct Range {
  std::uint64_t begin;
  std::uint64_t end;
  std::string path;
};

}  // namespace

bool is_h5(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof(kSignature) && std::memcmp(bytes.data(), kSignature, sizeof(kSignature)) == 0;
}

std::string h5_join(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

class H5File::Library {
 public:
  explicit Library(H5File& file) : owner_(file) {}

  void open() {
    check_superblock();
    file_ = open_image(owner_.image_);
    if (!file_) fail("", fmt::format("it cannot be opened as an HDF5 file: {}", h5_last_error()));
  }

  void walk();
  std::optional<std::vector<std::string>> strings(const std::string& group,
                                                  const std::string& attribute) const;
  Tensor read(const std::string& path, const H5Dataset& dataset) const;

  [[noreturn]] void fail(const std::string& path, const std::string& what) const {
    if (path.empty()) throw ValueError(fmt::format("'{}': {}.", owner_.name_, what));
    throw ValueError(fmt::format("'{}': HDF5 object '{}': {}.", owner_.name_, printable(path), what));
  }

 private:
  std::uint64_t word(std::size_t at) const {
    std::uint64_t value;
    std::memcpy(&value, owner_.image_.data() + at, sizeof(value));
    return value;
  }

  void check_superblock() const;
  std::vector<Link> links_of(hid_t group, const std::string& path) const;
  H5Dataset inspect(hid_t dataset, const std::string& path);
  void check_storage(hid_t dataset, hid_t properties, const std::string& path, std::uint64_t bytes,
                     std::uint64_t element_bytes);
  void check_chunks(hid_t dataset, hid_t properties, const std::string& path, std::uint64_t bytes,
                    std::uint64_t element_bytes) const;
  void check_overlaps();

  H5File& owner_;
  H5Id file_;
  std::vector<Range> ranges_;
};

// The library believes what the superblock says, up to a driver record of any size: so it is read here first.
void H5File::Library::check_superblock() const {
  const std::vector<std::byte>& image = owner_.image_;
  if (!is_h5(image) || image.size() < 96) {
    fail("", fmt::format("expected an HDF5 file. Received: {} bytes that are none", image.size()));
  }
  const auto version = std::to_integer<unsigned>(image[8]);
  if (version > 3) fail("", fmt::format("HDF5 superblock version {} is not supported", version));
  const std::size_t sizes = version < 2 ? 13 : 9;
  if (image[sizes] != std::byte{8} || image[sizes + 1] != std::byte{8}) {
    fail("", "expected HDF5 addresses of 8 bytes");
  }
  // Where the base address stands; the addresses of the free space or of an extension, of the file's end and,
  // in old files, of a driver record follow it.
  const std::size_t at = version == 0 ? 24 : version == 1 ? 28 : 12;
  const std::uint64_t end = word(at + 16);
  const bool has_extra = version < 2 ? word(at + 24) != kNoAddress : word(at + 8) != kNoAddress;
  if (word(at) != 0 || has_extra)
    fail("", "HDF5 superblocks with driver or extension records are not supported");
  if (end > image.size()) {
    fail("", fmt::format("the HDF5 file is said to have {} bytes. Received: {} bytes. It may be cut off", end,
                         image.size()));
  }
}

std::vector<Link> H5File::Library::links_of(hid_t group, const std::string& path) const {
  std::vector<Link> links;
  if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_link, &links) < 0) {
    fail(path, fmt::format("its list of names is damaged: {}", h5_last_error()));
  }
  return links;
}

void H5File::Library::walk() {
  std::set<haddr_t> seen;
  std::vector<std::string> pending = {""};
  while (!pending.empty()) {
    const std::string path = std::move(pending.back());
    pending.pop_back();
    const H5Id group(H5Gopen2(file_.get(), path.empty() ? "/" : path.c_str(), H5P_DEFAULT), H5Gclose);
    if (!group) fail(path, fmt::format("the group cannot be opened: {}", h5_last_error()));
    H5Group& entry = owner_.groups_[path];
    if (path.empty()) {
      H5O_info_t info;
      if (H5Oget_info2(group.get(), &info, H5O_INFO_BASIC) >= 0) seen.insert(info.addr);
    }
    for (Link& link : links_of(group.get(), path)) {
      const std::string child = h5_join(path, link.name);
      if (link.name.empty() || link.name == "." || link.name.find('/') != std::string::npos) {
        fail(child, "expected a name without '/'");
      }
      if (link.type != H5L_TYPE_HARD) fail(child, fmt::format("{} is not allowed", words_of(link.type)));
      const H5Id object(H5Oopen(group.get(), link.name.c_str(), H5P_DEFAULT), H5Oclose);
      H5O_info_t info;
      if (!object || H5Oget_info2(object.get(), &info, H5O_INFO_BASIC) < 0) {
        fail(child, fmt::format("it cannot be opened: {}", h5_last_error()));
      }
      if (!seen.insert(info.addr).second) fail(child, "the object has two names, which is not allowed");
      if (seen.size() > kMostObjects) fail("", fmt::format("it has more than {} HDF5 objects", kMostObjects));
      if (info.type == H5O_TYPE_GROUP) {
        entry.groups.push_back(link.name);
        pending.push_back(child);
      } else if (info.type == H5O_TYPE_DATASET) {
        owner_.datasets_[child] = inspect(object.get(), child);
        entry.datasets.push_back(std::move(link.name));
      } else {
        fail(child, "expected a group or a dataset");
      }
    }
  }
  check_overlaps();
}

H5Dataset H5File::Library::inspect(hid_t dataset, const std::string& path) {
  const H5Id space(H5Dget_space(dataset), H5Sclose);
  const H5Id type(H5Dget_type(dataset), H5Tclose);
  const H5Id properties(H5Dget_create_plist(dataset), H5Pclose);
  if (!space || !type || !properties) fail(path, fmt::format("it is damaged: {}", h5_last_error()));
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (H5Sget_simple_extent_type(space.get()) == H5S_NULL || rank < 0 || rank > kMaxRank) {
    fail(path, fmt::format("expected at most {} axes. Received: {}", kMaxRank, rank));
  }
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (rank > 0) H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
  const std::uint64_t element_bytes = H5Tget_size(type.get());
  std::uint64_t bytes = element_bytes;
  std::vector<std::int64_t> lengths;
  for (const hsize_t dim : dims) {
    if (dim > kMostBytes || (dim != 0 && bytes > kMostBytes / dim)) {
      fail(path, fmt::format("its declared size is more than {} bytes", kMostBytes));
    }
    bytes *= dim;
    lengths.push_back(static_cast<std::int64_t>(dim));
  }
  if (H5Pget_external_count(properties.get()) != 0) fail(path, "external storage is not allowed");
  const std::optional<DType> dtype = h5_dtype_of(type.get());
  // Other elements are never read, and their size in a file is not that in memory.
  if (dtype) check_storage(dataset, properties.get(), path, bytes, element_bytes);
  return {Shape(std::move(lengths)), dtype, h5_type_words(type.get())};
}

void H5File::Library::check_storage(hid_t dataset, hid_t properties, const std::string& path,
                                    std::uint64_t bytes, std::uint64_t element_bytes) {
  const H5D_layout_t layout = H5Pget_layout(properties);
  if (layout == H5D_CHUNKED) return check_chunks(dataset, properties, path, bytes, element_bytes);
  if (layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) {
    fail(path, "expected contiguous, compact or chunked storage. Received: a virtual dataset");
  }
  if (bytes == 0) return;
  const std::uint64_t stored = H5Dget_storage_size(dataset);
  if (stored != bytes) {
    fail(path, fmt::format("{} bytes are declared and {} are stored", bytes, stored));
  }
  if (layout == H5D_COMPACT) return;
  const haddr_t begin = H5Dget_offset(dataset);
  const std::uint64_t size = owner_.image_.size();
  if (begin == HADDR_UNDEF || begin < kSuperblockBytes || begin > size || bytes > size - begin) {
    fail(path, fmt::format("its {} bytes lie outside of the file's {}", bytes, size));
  }
  ranges_.push_back({begin, begin + bytes, path});
}

void H5File::Library::check_chunks(hid_t dataset, hid_t properties, const std::string& path,
                                   std::uint64_t bytes, std::uint64_t element_bytes) const {
  std::uint64_t most_inflation = 1;
  const int filters = H5Pget_nfilters(properties);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t parameters = 0;
    const H5Z_filter_t filter = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &parameters,
                                               nullptr, 0, nullptr, nullptr);
    const bool repeated = filter == H5Z_FILTER_DEFLATE && most_inflation > 1;
    if (repeated ||
        (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)) {
      fail(path, fmt::format("filter {} is not supported, expected at most deflate, shuffle and fletcher32",
                             static_cast<int>(filter)));
    }
    if (filter == H5Z_FILTER_DEFLATE) most_inflation = kMostInflation;
  }
  hsize_t chunk[kMaxRank + 1];
  const int rank = H5Pget_chunk(properties, kMaxRank + 1, chunk);
  std::uint64_t chunk_bytes = element_bytes;
  const std::uint64_t most_chunk = std::max(bytes, kSmallChunk);
  for (int axis = 0; axis < rank; ++axis) {
    if (chunk[axis] == 0 || chunk_bytes > most_chunk / chunk[axis]) {
      fail(path, fmt::format("its chunks have more than the dataset's {} bytes", bytes));
    }
    chunk_bytes *= chunk[axis];
  }
  const std::uint64_t stored = H5Dget_storage_size(dataset);
  if (filters < 0 || rank < 0 || stored > owner_.image_.size() || bytes / most_inflation > stored) {
    fail(path, fmt::format("{} bytes are declared and {} are stored", bytes, stored));
  }
}

void H5File::Library::check_overlaps() {
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  for (std::size_t i = 1; i < ranges_.size(); ++i) {
    if (ranges_[i].begin < ranges_[i - 1].end) {
      fail(ranges_[i].path, fmt::format("its bytes overlap those of '{}'", printable(ranges_[i - 1].path)));
    }
  }
  ranges_.clear();
}

std::optional<std::vector<std::string>> H5File::Library::strings(const std::string& group,
                                                                 const std::string& attribute) const {
  const std::string where = fmt::format("{}@{}", group, attribute);
  const H5Id object(H5Oopen(file_.get(), group.empty() ? "/" : group.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object) fail(group, "there is no such group");
  const htri_t exists = H5Aexists(object.get(), attribute.c_str());
  if (exists == 0) return {};
  const H5Id id(exists > 0 ? H5Aopen(object.get(), attribute.c_str(), H5P_DEFAULT) : H5I_INVALID_HID,
                H5Aclose);
  if (!id) fail(where, fmt::format("the attribute is damaged: {}", h5_last_error()));
  const H5Id type(H5Aget_type(id.get()), H5Tclose);
  const H5Id space(H5Aget_space(id.get()), H5Sclose);
  const hssize_t points = space ? H5Sget_simple_extent_npoints(space.get()) : -1;
  if (!type || points < 0) fail(where, fmt::format("the attribute is damaged: {}", h5_last_error()));
  std::vector<std::string> values;
  if (points == 0) return values;
  if (H5Tget_class(type.get()) != H5T_STRING) {
    fail(where, fmt::format("expected strings. Received: {}", h5_type_words(type.get())));
  }
  const auto count = static_cast<std::uint64_t>(points);
  const bool variable = H5Tis_variable_str(type.get()) > 0;
  const std::uint64_t length = H5Tget_size(type.get());
  if (length == 0 || count > owner_.image_.size() / length) {
    fail(where, fmt::format("{} strings do not fit into the file", count));
  }
  if (variable) {
    std::vector<char*> texts(count, nullptr);
    if (H5Aread(id.get(), type.get(), texts.data()) < 0) {
      fail(where, fmt::format("the attribute is damaged: {}", h5_last_error()));
    }
    for (const char* text : texts) values.emplace_back(text == nullptr ? "" : text);
    H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, texts.data());
    return values;
  }
  std::string all(count * length, '\0');
  if (H5Aread(id.get(), type.get(), all.data()) < 0) {
    fail(where, fmt::format("the attribute is damaged: {}", h5_last_error()));
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string text = all.substr(i * length, length);
    values.push_back(text.substr(0, text.find('\0')));
  }
  return values;
}

Tensor H5File::Library::read(const std::string& path, const H5Dataset& dataset) const {
  if (!dataset.dtype)
    fail(path, fmt::format("expected numbers. Received elements of type: {}", dataset.type));
  const H5Id id(H5Dopen2(file_.get(), path.c_str(), H5P_DEFAULT), H5Dclose);
  // Opaque bytes and enumerations are read as they are; numbers are brought into this machine's order.
  const bool as_stored = *dataset.dtype == DType::bfloat16 || *dataset.dtype == DType::boolean;
  const H5Id type = as_stored ? H5Id(H5Dget_type(id.get()), H5Tclose) : h5_type_of(*dataset.dtype);
  Tensor tensor(dataset.shape, *dataset.dtype);
  if (tensor.num_elements() == 0) return tensor;
  if (H5Dread(id.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.mutable_raw()) < 0) {
    fail(path, fmt::format("its elements cannot be read: {}", h5_last_error()));
  }
  if (*dataset.dtype == DType::boolean) {
    auto* bytes = static_cast<unsigned char*>(tensor.mutable_raw());
    for (std::size_t i = 0; i < tensor.nbytes(); ++i) bytes[i] = bytes[i] != 0;
  }
  return tensor;
}

H5File::H5File(std::vector<std::byte> image, std::string name)
    : image_(std::move(image)), name_(std::move(name)) {
  const H5Session session;
  auto library = std::make_unique<Library>(*this);
  library->open();
  library->walk();
  library_ = std::move(library);
}

H5File::~H5File() {
  const H5Session session;
  library_.reset();
}

std::optional<std::string> H5File::string_attribute(const std::string& group,
                                                    const std::string& attribute) const {
  const auto values = string_list_attribute(group, attribute);
  if (!values) return {};
  if (values->size() != 1) {
    library_->fail(fmt::format("{}@{}", group, attribute),
                   fmt::format("expected one string. Received: {}", values->size()));
  }
  return values->front();
}

std::optional<std::vector<std::string>> H5File::string_list_attribute(const std::string& group,
                                                                      const std::string& attribute) const {
  const H5Session session;
  return library_->strings(group, attribute);
}

Tensor H5File::read(const std::string& path) const {
  const auto found = datasets_.find(path);
  if (found == datasets_.end()) library_->fail(path, "there is no such dataset");
  const H5Session session;
  return library_->read(path, found->second);
}

}  // namespace sepal
