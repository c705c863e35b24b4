// The HDF5 library as the writer needs it: handles that close, the lock, and the types of elements.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

#include "sepal/base/dtype.h"

namespace sepal {

/// An HDF5 object, closed at the end.
class H5Id {
 public:
  using Close = herr_t (*)(hid_t);
  H5Id() = default;
  H5Id(hid_t id, Close close) : id_(id), close_(close) {}
  H5Id(H5Id&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  H5Id& operator=(H5Id&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~H5Id() {
    if (id_ >= 0) close_(id_);
  }

  explicit operator bool() const { return id_ >= 0; }
  hid_t get() const { return id_; }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// While one exists, this thread alone calls the library (which is not made for several) and errors are not
/// printed. The process's own setting returns afterwards.
class H5Session {
 public:
  H5Session();
  ~H5Session();
  H5Session(const H5Session&) = delete;
  H5Session& operator=(const H5Session&) = delete;

 private:
  std::unique_lock<std::mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* print_data_ = nullptr;
};

/// A name for a file in memory that no other file has: the library takes equal names for one file. Needs a
/// session.
std::string h5_memory_name();

/// The library's innermost message, for errors that have no better one.
std::string h5_last_error();

/// The type that h5py writes for this dtype. bfloat16 is two opaque bytes, bool an enumeration.
H5Id h5_type_of(DType dtype);

}  // namespace sepal
