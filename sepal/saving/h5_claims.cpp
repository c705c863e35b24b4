#include "sepal/saving/h5_claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "sepal/saving/printable.h"

namespace sepal {

void H5Claims::add(Range range, const std::string& path) {
  const std::uint64_t bytes = range.end - range.begin;
  if (range.begin > image_.size() || bytes > image_.size() - range.begin) {
    image_.fail(path, fmt::format("its {} bytes lie outside of the file's {}", bytes, image_.size()));
  }
  if (bytes > image_.size() - bytes_) image_.fail(path, "its bytes overlap those of other objects");
  bytes_ += bytes;
  ranges_.push_back(std::move(range));
}

void H5Claims::add_table(std::uint64_t begin, std::uint64_t bytes, const std::string& path) {
  add({begin, begin + bytes, {}}, path);
}

void H5Claims::add_elements(std::uint64_t begin, std::uint64_t bytes, const std::string& path) {
  if (bytes > 0) add({begin, begin + bytes, path}, path);
}

void H5Claims::expect_no_overlaps() {
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  for (std::size_t i = 1; i < ranges_.size(); ++i) {
    const Range& before = ranges_[i - 1];
    const Range& range = ranges_[i];
    if (range.begin >= before.end || (range.path.empty() && before.path.empty())) continue;
    const bool both = !range.path.empty() && !before.path.empty();
    image_.fail(range.path.empty() ? before.path : range.path,
                both ? fmt::format("its bytes overlap those of '{}'", printable(before.path))
                     : "its bytes overlap tables of the file");
  }
}

}  // namespace sepal
