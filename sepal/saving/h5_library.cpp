#include "sepal/saving/h5_library.h"

#include <cstdint>

#include "sepal/base/error.h"

namespace sepal {
namespace {

std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

H5Id copy_of(hid_t type) { return {H5Tcopy(type), H5Tclose}; }

H5Id float16_type() {
  H5Id type = copy_of(H5T_IEEE_F32LE);
  // Sign bit 15, five bits of exponent from bit 10, ten bits of fraction from bit 0.
  if (H5Tset_fields(type.get(), 15, 10, 5, 0, 10) < 0 || H5Tset_size(type.get(), 2) < 0 ||
      H5Tset_ebias(type.get(), 15) < 0) {
    throw RuntimeError("HDF5 cannot describe float16.");
  }
  return type;
}

H5Id boolean_type() {
  H5Id type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  const std::int8_t no = 0;
  const std::int8_t yes = 1;
  if (!type || H5Tenum_insert(type.get(), "FALSE", &no) < 0 || H5Tenum_insert(type.get(), "TRUE", &yes) < 0) {
    throw RuntimeError("HDF5 cannot describe bool.");
  }
  return type;
}

}  // namespace

H5Session::H5Session() : lock_(library_mutex()) {
  H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

H5Session::~H5Session() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }

std::string h5_memory_name() {
  static std::uint64_t count = 0;
  return "memory " + std::to_string(++count);
}

std::string h5_last_error() {
  std::string text;
  // Upward: the first is where it went wrong.
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* out) -> herr_t {
        if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
        return 0;
      },
      &text);
  return text.empty() ? "unknown error" : text;
}

H5Id h5_type_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return copy_of(H5T_IEEE_F32LE);
    case DType::float64:
      return copy_of(H5T_IEEE_F64LE);
    case DType::float16:
      return float16_type();
    case DType::bfloat16:
      return {H5Tcreate(H5T_OPAQUE, 2), H5Tclose};
    case DType::int8:
      return copy_of(H5T_STD_I8LE);
    case DType::int16:
      return copy_of(H5T_STD_I16LE);
    case DType::int32:
      return copy_of(H5T_STD_I32LE);
    case DType::int64:
      return copy_of(H5T_STD_I64LE);
    case DType::uint8:
      return copy_of(H5T_STD_U8LE);
    case DType::uint16:
      return copy_of(H5T_STD_U16LE);
    case DType::uint32:
      return copy_of(H5T_STD_U32LE);
    case DType::uint64:
      return copy_of(H5T_STD_U64LE);
    case DType::boolean:
      return boolean_type();
  }
  throw TypeError("HDF5 has no type for this dtype.");
}

}  // namespace sepal
