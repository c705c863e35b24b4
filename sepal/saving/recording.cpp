#include "sepal/saving/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/data/npy.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/plausible.h"

namespace sepal {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostRecordingBytes = std::uint64_t{1} << 40;
constexpr std::size_t kMemberName = 30;  // where the name of a zip archive's first member begins
constexpr std::size_t kMostFirstNameBytes = 4096;
constexpr std::string_view kArraySuffix = ".npy";
constexpr std::string_view kLayersPrefix = "layers/";

using Arrays = std::map<std::string, Tensor>;

std::string without_suffix(const std::string& name) {
  return name.substr(0, name.size() - kArraySuffix.size());
}

// Names come from the listing of the folder, never from a model: no other file can be opened.
Arrays read_folder(const std::string& path) {
  Arrays arrays;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(path, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (!it->is_regular_file() || it->path().extension() != kArraySuffix) continue;
    const std::string name = it->path().lexically_relative(path).generic_string();
    arrays[without_suffix(name)] = read_npy(it->path().string());
  }
  if (error) throw OSError(fmt::format("The folder '{}' cannot be read: {}", path, error.message()));
  return arrays;
}

Arrays read_npz(const std::string& path) {
  const Archive archive(read_shared_file(path, kMostRecordingBytes), path);
  Arrays arrays;
  for (const ZipMember& member : archive.members()) {
    if (!member.name.ends_with(kArraySuffix)) {
      throw ValueError(
          fmt::format("'{}': expected members that end in .npy. Received: '{}'", path, member.name));
    }
    // Zeros behind a ReLU compress well.
    const std::uint64_t most_bytes = most_plausible_bytes(member.compressed_size, std::uint64_t{4} << 30);
    const SharedBytes bytes = archive.read(member.name, most_bytes);
    arrays[without_suffix(member.name)] = parse_npy(bytes, fmt::format("{}: {}", path, member.name));
  }
  return arrays;
}

// Takes "input_0", "input_1" and so on away: "input_1" alone is the name of a layer in Keras 2.
Tensors take_numbered(Arrays& arrays, const std::string& kind) {
  Tensors taken;
  for (;;) {
    const auto found = arrays.find(fmt::format("{}_{}", kind, taken.size()));
    if (found == arrays.end()) return taken;
    taken.push_back(std::move(found->second));
    arrays.erase(found);
  }
}

}  // namespace

Recording read_recording(const std::string& path) {
  Arrays arrays = fs::is_directory(path) ? read_folder(path) : read_npz(path);
  if (arrays.empty()) throw ValueError(fmt::format("'{}' holds no .npy arrays", path));
  Recording recording{.path = path, .inputs = {}, .outputs = {}, .layers = {}};
  recording.inputs = take_numbered(arrays, "input");
  recording.outputs = take_numbered(arrays, "output");
  for (auto& [name, array] : arrays) {
    const std::string layer = name.starts_with(kLayersPrefix) ? name.substr(kLayersPrefix.size()) : name;
    if (!recording.layers.try_emplace(layer, std::move(array)).second) {
      throw ValueError(
          fmt::format("'{}' holds layer '{}' twice, once below '{}'", path, layer, kLayersPrefix));
    }
  }
  return recording;
}

bool is_recording(const std::string& path) {
  if (fs::is_directory(path)) return true;
  const InputFile file(path);
  std::vector<std::byte> begin(std::min<std::uint64_t>(file.size(), kMostFirstNameBytes));
  file.read(0, begin);
  if (!is_zip(begin) || begin.size() < kMemberName) return false;
  // The first member's header: the length of its name at byte 26, the name at 30.
  const auto length = std::to_integer<std::size_t>(begin[26]) + 256 * std::to_integer<std::size_t>(begin[27]);
  const std::string_view name(reinterpret_cast<const char*>(begin.data()) + kMemberName,
                              std::min(length, begin.size() - kMemberName));
  return name.ends_with(kArraySuffix);
}

}  // namespace sepal
