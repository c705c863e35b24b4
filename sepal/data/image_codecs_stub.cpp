#include "sepal/base/error.h"
#include "sepal/data/image_codecs.h"

namespace sepal {
namespace {

[[noreturn]] void refuse(const std::string& file) {
  throw UnimplementedError("'" + file +
                           "': this Sepal was built without picture files (SEPAL_WITH_IMAGES=OFF).");
}

}  // namespace

Pixels decode_png(std::span<const std::byte>, const std::string& file) { refuse(file); }
Pixels decode_jpeg(std::span<const std::byte>, const std::string& file) { refuse(file); }

}  // namespace sepal
