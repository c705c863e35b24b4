// Chunk trees and filters: sections III.A.1 and IV.A.2.l of the HDF5 File Format Specification.
#include "sepal/saving/h5_chunks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sepal/data/inflate.h"
#include "sepal/saving/plausible.h"

namespace sepal {
namespace {

constexpr std::uint16_t kDeflate = 1;
constexpr std::uint16_t kShuffle = 2;
constexpr std::uint16_t kFletcher32 = 3;
constexpr std::size_t kChecksumBytes = 4;

// h5py chooses chunks of at most this size, also for datasets that are smaller.
constexpr std::uint64_t kSmallChunk = 1U << 20;

// Sums of big-endian 16-bit words modulo 65535.
std::uint32_t fletcher32(std::span<const std::byte> data) {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    const auto high = std::to_integer<std::uint64_t>(data[i]);
    const auto low = i + 1 < data.size() ? std::to_integer<std::uint64_t>(data[i + 1]) : 0;
    first = (first + (high << 8 | low)) % 65535;
    second = (second + first) % 65535;
  }
  return static_cast<std::uint32_t>(second << 16 | first);
}

// Equal as sums: the library's own arithmetic keeps 65535 where this one has 0.
bool same_checksum(std::uint32_t a, std::uint32_t b) {
  return a % 65536 % 65535 == b % 65536 % 65535 && (a >> 16) % 65535 == (b >> 16) % 65535;
}

// All first bytes of the elements, then all second ones, and so on.
std::vector<std::byte> unshuffled(const std::vector<std::byte>& data, std::size_t element_bytes) {
  const std::size_t count = data.size() / element_bytes;
  std::vector<std::byte> result(data);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t byte = 0; byte < element_bytes; ++byte) {
      result[i * element_bytes + byte] = data[byte * count + i];
    }
  }
  return result;
}

struct StoredChunk {
  std::vector<std::int64_t> origin;
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  std::uint32_t skipped_filters = 0;  // a bit for each
};

class ChunkTree {
 public:
  ChunkTree(const H5Image& image, std::size_t rank, const std::string& path)
      : image_(image), rank_(rank), path_(path) {}

  // Level 0 points to chunks, the levels above to nodes one level lower.
  void read(std::uint64_t address, int level) {
    if (!visited_.insert(address).second) image_.fail(path_, "its tree of chunks has a loop");
    H5Cursor node = image_.at(address, path_);
    node.expect("TREE");
    if (node.u8() != 1) node.fail("its tree of chunks is damaged");
    const int found = node.u8();
    if (level >= 0 && found != level) node.fail("its tree of chunks is damaged");
    const unsigned entries = node.u16();
    node.skip(16);  // siblings
    for (unsigned i = 0; i < entries; ++i) {
      StoredChunk chunk;
      chunk.bytes = node.u32();
      chunk.skipped_filters = node.u32();
      for (std::size_t axis = 0; axis < rank_; ++axis) {
        chunk.origin.push_back(static_cast<std::int64_t>(node.u64()));
      }
      node.skip(8);  // inside of an element
      chunk.address = node.u64();
      if (found > 0) {
        read(chunk.address, found - 1);
      } else {
        chunks_.push_back(std::move(chunk));
      }
    }
    nodes_.emplace_back(address, node.position());
  }

  const std::vector<StoredChunk>& chunks() const { return chunks_; }

  void claim(H5Claims& claims) const {
    for (const auto& [begin, bytes] : nodes_) claims.add_table(begin, bytes, path_);
    for (const StoredChunk& chunk : chunks_) claims.add_elements(chunk.address, chunk.bytes, path_);
  }

 private:
  const H5Image& image_;
  std::size_t rank_;
  const std::string& path_;
  std::set<std::uint64_t> visited_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> nodes_;  // addresses and bytes
  std::vector<StoredChunk> chunks_;
};

ChunkTree chunk_tree(const H5Image& image, const H5Object& dataset, const std::string& path) {
  ChunkTree tree(image, dataset.shape->dims().size(), path);
  if (dataset.layout->address != kH5Nowhere) tree.read(dataset.layout->address, -1);
  return tree;
}

class ChunkReader {
 public:
  ChunkReader(const H5Image& image, const H5Object& dataset, std::span<std::byte> out,
              const std::string& path)
      : image_(image),
        dataset_(dataset),
        out_(out),
        path_(path),
        dims_(dataset.shape->dims()),
        chunk_(dataset.layout->chunk),
        chunk_bytes_(dataset.type.size) {
    for (const std::int64_t length : chunk_) chunk_bytes_ *= static_cast<std::uint64_t>(length);
  }

  void read(const std::vector<StoredChunk>& chunks) {
    for (const StoredChunk& chunk : chunks) {
      place(filtered(chunk.address, chunk.bytes, chunk.skipped_filters), chunk.origin);
    }
  }

  std::size_t chunks_read() const { return origins_.size(); }

 private:
  std::vector<std::byte> filtered(std::uint64_t address, std::uint32_t stored, std::uint32_t skipped) const {
    const auto raw = image_.at(address, path_).take(stored);
    std::vector<std::byte> data(raw.begin(), raw.end());
    const std::vector<H5Filter>& filters = dataset_.filters;
    for (std::size_t i = filters.size(); i-- > 0;) {
      if ((skipped >> i & 1U) != 0) continue;
      if (filters[i].id == kFletcher32) {
        if (data.size() < kChecksumBytes) image_.fail(path_, "a chunk is damaged");
        std::uint32_t checksum;
        std::memcpy(&checksum, data.data() + data.size() - kChecksumBytes, kChecksumBytes);
        data.resize(data.size() - kChecksumBytes);
        if (!same_checksum(fletcher32(data), checksum))
          image_.fail(path_, "the checksum of a chunk is wrong");
      } else if (filters[i].id == kDeflate) {
        std::vector<std::byte> inflated(chunk_bytes_);
        if (!inflate_exactly(data, inflated)) image_.fail(path_, "a compressed chunk is damaged");
        data = std::move(inflated);
      } else {
        data = unshuffled(data, dataset_.type.size);
      }
    }
    if (data.size() != chunk_bytes_) {
      image_.fail(path_, fmt::format("a chunk has {} bytes, expected {}", data.size(), chunk_bytes_));
    }
    return data;
  }

  // Chunks at an edge reach beyond the dataset.
  void place(const std::vector<std::byte>& data, const std::vector<std::int64_t>& origin) {
    std::vector<std::int64_t> lengths;
    for (std::size_t axis = 0; axis < dims_.size(); ++axis) {
      if (origin[axis] < 0 || origin[axis] >= dims_[axis] || origin[axis] % chunk_[axis] != 0) {
        image_.fail(path_, "a chunk lies outside of the dataset");
      }
      lengths.push_back(std::min(chunk_[axis], dims_[axis] - origin[axis]));
    }
    if (!origins_.insert(origin).second) image_.fail(path_, "a chunk comes twice");
    const std::size_t last = dims_.size() - 1;
    const std::size_t row_bytes = static_cast<std::size_t>(lengths[last]) * dataset_.type.size;
    std::vector<std::int64_t> index(dims_.size(), 0);
    while (true) {
      std::int64_t from = 0;
      std::int64_t to = 0;
      for (std::size_t axis = 0; axis < dims_.size(); ++axis) {
        from = from * chunk_[axis] + index[axis];
        to = to * dims_[axis] + origin[axis] + index[axis];
      }
      std::memcpy(out_.data() + static_cast<std::size_t>(to) * dataset_.type.size,
                  data.data() + static_cast<std::size_t>(from) * dataset_.type.size, row_bytes);
      std::size_t axis = last;
      while (axis > 0 && ++index[axis - 1] == lengths[axis - 1]) index[--axis] = 0;
      if (axis == 0) return;
    }
  }

  const H5Image& image_;
  const H5Object& dataset_;
  std::span<std::byte> out_;
  const std::string& path_;
  const std::vector<std::int64_t>& dims_;
  const std::vector<std::int64_t>& chunk_;
  std::uint64_t chunk_bytes_;
  std::set<std::vector<std::int64_t>> origins_;
};

}  // namespace

std::uint64_t check_h5_chunks(const H5Image& image, H5Claims& claims, const H5Object& dataset,
                              std::uint64_t bytes, const std::string& path) {
  std::set<std::uint16_t> filters;
  for (std::size_t i = 0; i < dataset.filters.size(); ++i) {
    const std::uint16_t id = dataset.filters[i].id;
    const bool misplaced =
        !filters.insert(id).second || (id == kFletcher32 && i + 1 != dataset.filters.size());
    if (misplaced || (id != kDeflate && id != kShuffle && id != kFletcher32)) {
      image.fail(path,
                 fmt::format("filter {} is not supported, expected shuffle, deflate and fletcher32 at most "
                             "once and in this order",
                             id));
    }
  }
  const std::vector<std::int64_t>& chunk = dataset.layout->chunk;
  const std::vector<std::int64_t>& dims = dataset.shape->dims();
  if (chunk.empty() || chunk.size() != dims.size()) image.fail(path, "its chunks have another rank");
  const std::uint64_t most_chunk = std::max(bytes, kSmallChunk);
  std::uint64_t chunk_bytes = dataset.type.size;
  std::uint64_t chunks = 1;
  for (std::size_t axis = 0; axis < chunk.size(); ++axis) {
    if (chunk[axis] == 0 || chunk_bytes > most_chunk / static_cast<std::uint64_t>(chunk[axis])) {
      image.fail(path, fmt::format("its chunks have more than the dataset's {} bytes", bytes));
    }
    chunk_bytes *= static_cast<std::uint64_t>(chunk[axis]);
    chunks *= static_cast<std::uint64_t>((dims[axis] + chunk[axis] - 1) / chunk[axis]);
  }
  const std::uint64_t most_bytes =
      filters.contains(kDeflate) ? most_plausible_bytes(image.size()) : image.size();
  if (bytes > most_bytes || chunks > image.size() || chunk_bytes > kMostH5Bytes / chunks) {
    image.fail(path, fmt::format("{} bytes are declared in a file of {}", bytes, image.size()));
  }
  chunk_tree(image, dataset, path).claim(claims);
  return filters.contains(kDeflate) ? chunk_bytes * chunks : 0;
}

void read_h5_chunks(const H5Image& image, const H5Object& dataset, std::span<std::byte> out,
                    const std::string& path) {
  ChunkReader reader(image, dataset, out, path);
  reader.read(chunk_tree(image, dataset, path).chunks());
  const std::vector<std::int64_t>& dims = dataset.shape->dims();
  std::size_t expected = 1;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const std::int64_t length = dataset.layout->chunk[axis];
    expected *= static_cast<std::size_t>((dims[axis] + length - 1) / length);
  }
  if (reader.chunks_read() != expected) {
    image.fail(path, fmt::format("{} of its {} chunks are stored", reader.chunks_read(), expected));
  }
}

}  // namespace sepal
