#include "sepal/data/inflate.h"

#include <zlib.h>

namespace sepal {

bool inflate_exactly(std::span<const std::byte> compressed, std::span<std::byte> out) {
  uLongf filled = out.size();
  const int status = ::uncompress(reinterpret_cast<Bytef*>(out.data()), &filled,
                                  reinterpret_cast<const Bytef*>(compressed.data()), compressed.size());
  return status == Z_OK && filled == out.size();
}

}  // namespace sepal
