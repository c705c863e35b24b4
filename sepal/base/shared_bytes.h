// Bytes of a file that several readers hold.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace sepal {

/// Bytes that no longer change, or a part of such: copies and parts share one memory, which lives as long as
/// the last of them. A model's weights are read where they lie in its file instead of once more for each
/// container around them.
class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::vector<std::byte> bytes);

  /// `size` bytes that fill(span) writes before anyone reads.
  template <class Fill>
  static SharedBytes filled(std::size_t size, const Fill& fill) {
    SharedBytes bytes;
    std::shared_ptr<std::byte[]> memory = uninitialised(size);
    fill(std::span<std::byte>(memory.get(), size));
    bytes.bytes_ = {memory.get(), size};
    bytes.owner_ = std::move(memory);
    return bytes;
  }

  /// `count` bytes from `offset` on, which must lie inside.
  SharedBytes part(std::size_t offset, std::size_t count) const;

  const std::byte* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  const std::byte* begin() const { return data(); }
  const std::byte* end() const { return data() + size(); }

 private:
  static std::shared_ptr<std::byte[]> uninitialised(std::size_t size);

  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
};

}  // namespace sepal
