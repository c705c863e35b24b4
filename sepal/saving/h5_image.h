// The bytes of an HDF5 file: every access is checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <span>
#include <string>

namespace sepal {

/// An address that points nowhere.
inline constexpr std::uint64_t kH5Nowhere = ~std::uint64_t{0};

/// A part of the file, read from its start on. Numbers in HDF5 files are little-endian.
class H5Cursor {
 public:
  /// `name` stands in messages: the file, and what is read.
  H5Cursor(std::span<const std::byte> bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  /// @throws ValueError if fewer bytes are left, as do all the others.
  std::span<const std::byte> take(std::uint64_t count);
  void skip(std::uint64_t count) { take(count); }
  /// The next `count` bytes as a cursor of their own; `what` they are stands in messages.
  H5Cursor part(std::uint64_t count, const std::string& what);
  std::size_t left() const { return bytes_.size() - at_; }
  std::size_t position() const { return at_; }

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  /// A whole number of 1, 2, 4 or 8 bytes.
  std::uint64_t sized(unsigned bytes);
  /// Reads `text` or fails saying what was expected.
  void expect(const char* text);

  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::span<const std::byte> bytes_;
  std::string name_;
  std::size_t at_ = 0;
};

class H5Image {
 public:
  H5Image(std::span<const std::byte> bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  std::uint64_t size() const { return bytes_.size(); }
  const std::string& name() const { return name_; }

  /// The bytes from `address` to the file's end; `object` stands in messages.
  /// @throws ValueError if the address is outside of the file.
  H5Cursor at(std::uint64_t address, const std::string& object) const;

  /// @throws ValueError "'file': HDF5 object 'path': what."; without a path: "'file': what."
  [[noreturn]] void fail(const std::string& path, const std::string& what) const;

 private:
  std::span<const std::byte> bytes_;
  std::string name_;
};

/// The global heap, where strings of variable length stand. Any number of threads may ask.
class H5GlobalHeap {
 public:
  explicit H5GlobalHeap(const H5Image& image) : image_(image) {}

  /// The data of an object; `path` stands in messages.
  /// @throws ValueError if there is no such object, or if collections overlap.
  std::span<const std::byte> object(std::uint64_t collection, std::uint32_t index, const std::string& path);

 private:
  using Collection = std::map<std::uint32_t, std::span<const std::byte>>;
  Collection read(std::uint64_t address, const std::string& path);

  const H5Image& image_;
  std::mutex mutex_;
  std::map<std::uint64_t, Collection> collections_;  // those that were asked for, by address
  std::uint64_t objects_ = 0;                        // in all of them
};

}  // namespace sepal
