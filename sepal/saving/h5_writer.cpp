#include "sepal/saving/h5_writer.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/saving/h5_library.h"

namespace sepal {
namespace {

// The file grows in memory by this many bytes at a time.
constexpr std::size_t kIncrement = 1U << 20;

hid_t checked(hid_t id, const std::string& doing) {
  if (id < 0) throw OSError(fmt::format("Cannot build an HDF5 file ({}): {}.", doing, h5_last_error()));
  return id;
}

H5Id made(hid_t id, H5Id::Close close, const std::string& doing) { return {checked(id, doing), close}; }

H5Id string_type(const std::string& attribute) {
  H5Id type = made(H5Tcopy(H5T_C_S1), H5Tclose, attribute);
  checked(H5Tset_size(type.get(), H5T_VARIABLE), attribute);
  checked(H5Tset_cset(type.get(), H5T_CSET_UTF8), attribute);
  return type;
}

H5Id new_attribute(hid_t object, const std::string& attribute, const H5Id& type, const H5Id& space) {
  return made(H5Acreate2(object, attribute.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
              H5Aclose, attribute);
}

void put_string(hid_t object, const std::string& attribute, const std::string& value) {
  const H5Id type = string_type(attribute);
  const H5Id space = made(H5Screate(H5S_SCALAR), H5Sclose, attribute);
  const H5Id id = new_attribute(object, attribute, type, space);
  const char* text = value.c_str();
  checked(H5Awrite(id.get(), type.get(), &text), attribute);
}

void put_strings(hid_t object, const std::string& attribute, const std::vector<std::string>& values) {
  const hsize_t count = values.size();
  const H5Id space = made(H5Screate_simple(1, &count, nullptr), H5Sclose, attribute);
  if (values.empty()) {
    new_attribute(object, attribute, h5_type_of(DType::float64), space);
    return;
  }
  const H5Id type = string_type(attribute);
  const H5Id id = new_attribute(object, attribute, type, space);
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  checked(H5Awrite(id.get(), type.get(), texts.data()), attribute);
}

}  // namespace

class H5Writer::Library {
 public:
  Library() {
    const H5Id access = made(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file");
    checked(H5Pset_fapl_core(access.get(), kIncrement, false), "file");
    checked(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "file");
    // The core driver without backing store touches no file.
    file =
        made(H5Fcreate(h5_memory_name().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose, "file");
    make_groups = made(H5Pcreate(H5P_LINK_CREATE), H5Pclose, "file");
    checked(H5Pset_create_intermediate_group(make_groups.get(), 1), "file");
    no_times = made(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "file");
    checked(H5Pset_obj_track_times(no_times.get(), false), "file");
  }

  H5Id open_group(const std::string& group) const {
    const std::string path = group.empty() ? "/" : group;
    return made(H5Gopen2(file.get(), path.c_str(), H5P_DEFAULT), H5Gclose, path);
  }

  H5Id file;
  H5Id make_groups;
  H5Id no_times;
};

H5Writer::H5Writer() {
  const H5Session session;
  library_ = std::make_unique<Library>();
}

H5Writer::~H5Writer() {
  const H5Session session;
  library_.reset();
}

void H5Writer::group(const std::string& path) {
  const H5Session session;
  made(H5Gcreate2(library_->file.get(), path.c_str(), library_->make_groups.get(), H5P_DEFAULT, H5P_DEFAULT),
       H5Gclose, path);
}

void H5Writer::dataset(const std::string& path, const Tensor& tensor) {
  const H5Session session;
  const H5Id type = h5_type_of(tensor.dtype());
  const std::vector<std::int64_t>& lengths = tensor.shape().dims();
  const std::vector<hsize_t> dims(lengths.begin(), lengths.end());
  const H5Id space = dims.empty()
                         ? made(H5Screate(H5S_SCALAR), H5Sclose, path)
                         : made(H5Screate_simple(tensor.rank(), dims.data(), nullptr), H5Sclose, path);
  const H5Id id = made(H5Dcreate2(library_->file.get(), path.c_str(), type.get(), space.get(),
                                  library_->make_groups.get(), library_->no_times.get(), H5P_DEFAULT),
                       H5Dclose, path);
  if (tensor.num_elements() > 0) {
    checked(H5Dwrite(id.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.raw()), path);
  }
  if (tensor.dtype() == DType::bfloat16) put_string(id.get(), "dtype", "bfloat16");
}

void H5Writer::string_attribute(const std::string& group, const std::string& attribute,
                                const std::string& value) {
  const H5Session session;
  put_string(library_->open_group(group).get(), attribute, value);
}

void H5Writer::string_list_attribute(const std::string& group, const std::string& attribute,
                                     const std::vector<std::string>& values) {
  const H5Session session;
  put_strings(library_->open_group(group).get(), attribute, values);
}

std::vector<std::byte> H5Writer::finish() {
  const H5Session session;
  const hid_t file = library_->file.get();
  checked(H5Fflush(file, H5F_SCOPE_LOCAL), "file");
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  if (size < 0) throw OSError(fmt::format("Cannot build an HDF5 file: {}.", h5_last_error()));
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  if (H5Fget_file_image(file, bytes.data(), bytes.size()) != size) {
    throw OSError(fmt::format("Cannot build an HDF5 file: {}.", h5_last_error()));
  }
  library_->file = H5Id();
  return bytes;
}

}  // namespace sepal
