#include "tests/support/npz.h"

#include <zip.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "sepal/base/error.h"
#include "sepal/data/npy.h"

namespace sepal::testing {
namespace {

std::vector<std::byte> read_member(zip_t* archive, zip_uint64_t index, const std::string& name) {
  zip_stat_t status;
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> member(zip_fopen_index(archive, index, 0),
                                                                  zip_fclose);
  if (!member || zip_stat_index(archive, index, 0, &status) != 0) throw OSError("Cannot open " + name);
  std::vector<std::byte> bytes(status.size);
  if (zip_fread(member.get(), bytes.data(), bytes.size()) != static_cast<zip_int64_t>(bytes.size())) {
    throw OSError("Cannot read " + name);
  }
  return bytes;
}

}  // namespace

std::map<std::string, Tensor> read_npz(const std::string& path) {
  int error = 0;
  const std::unique_ptr<zip_t, decltype(&zip_discard)> archive(zip_open(path.c_str(), ZIP_RDONLY, &error),
                                                               zip_discard);
  if (!archive) throw OSError("Cannot open " + path + ": libzip error " + std::to_string(error));
  std::map<std::string, Tensor> arrays;
  const auto members = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
  for (zip_uint64_t i = 0; i < members; ++i) {
    const std::string_view name = zip_get_name(archive.get(), i, 0);
    const std::string full = path + ":" + std::string(name);
    arrays[std::string(name.substr(0, name.rfind(".npy")))] =
        parse_npy(read_member(archive.get(), i, full), full);
  }
  return arrays;
}

}  // namespace sepal::testing
