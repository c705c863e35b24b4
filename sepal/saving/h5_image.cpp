// Section numbers: HDF5 File Format Specification, version 3.0.
#include "sepal/saving/h5_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/saving/printable.h"

namespace sepal {

std::span<const std::byte> H5Cursor::take(std::uint64_t count) {
  if (count > left()) fail("it is cut off");
  const auto taken = bytes_.subspan(at_, count);
  at_ += count;
  return taken;
}

H5Cursor H5Cursor::part(std::uint64_t count, const std::string& what) {
  return {take(count), fmt::format("{}: {}", name_, what)};
}

std::uint64_t H5Cursor::sized(unsigned bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, take(bytes).data(), bytes);
  return value;
}

void H5Cursor::expect(const char* text) {
  const std::size_t length = std::strlen(text);
  if (left() < length || std::memcmp(take(length).data(), text, length) != 0) {
    fail(fmt::format("it is damaged: expected '{}'", text));
  }
}

void H5Cursor::fail(const std::string& what) const { throw ValueError(fmt::format("{}: {}.", name_, what)); }

H5Cursor H5Image::at(std::uint64_t address, const std::string& object) const {
  if (address >= bytes_.size()) {
    fail(object, fmt::format("it is damaged: it points to byte {} of {}", address, bytes_.size()));
  }
  return {bytes_.subspan(address),
          fmt::format("'{}': HDF5 object '{}'", name_, object.empty() ? "/" : printable(object))};
}

void H5Image::fail(const std::string& path, const std::string& what) const {
  if (path.empty()) throw ValueError(fmt::format("'{}': {}.", name_, what));
  throw ValueError(fmt::format("'{}': HDF5 object '{}': {}.", name_, printable(path), what));
}

// Section III.E.
H5GlobalHeap::Collection H5GlobalHeap::read(std::uint64_t address, const std::string& path) {
  constexpr std::uint64_t kHeaderBytes = 16;
  H5Cursor start = image_.at(address, path);
  start.expect("GCOL");
  start.skip(4);
  const std::uint64_t size = start.u64();
  if (size < kHeaderBytes) start.fail("its heap is damaged");
  H5Cursor heap(start.take(size - kHeaderBytes),
                fmt::format("'{}': the heap of '{}'", image_.name(), printable(path)));
  Collection objects;
  while (heap.left() >= kHeaderBytes) {
    const std::uint32_t index = heap.u16();
    heap.skip(6);
    const std::uint64_t bytes = heap.u64();
    if (index == 0) break;  // the rest is free
    if (++objects_ > image_.size() / kHeaderBytes) heap.fail("its parts overlap");
    objects.emplace(index, heap.take(bytes));
    // The last object may end with the collection.
    heap.skip(std::min<std::uint64_t>(heap.left(), (8 - heap.position() % 8) % 8));
  }
  return objects;
}

std::span<const std::byte> H5GlobalHeap::object(std::uint64_t collection, std::uint32_t index,
                                                const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto found = collections_.find(collection);
  if (found == collections_.end()) found = collections_.emplace(collection, read(collection, path)).first;
  const auto object = found->second.find(index);
  if (object == found->second.end()) image_.fail(path, fmt::format("the text {} is missing", index));
  return object->second;
}

}  // namespace sepal
