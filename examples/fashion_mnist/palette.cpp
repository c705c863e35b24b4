#include "examples/fashion_mnist/palette.h"

#include <fmt/format.h>

namespace fashion_mnist {
namespace {

// A narrow no-break space, as typesetters put between a number and its unit.
constexpr const char* kThinSpace = "\u202F";

}  // namespace

void draw_heading(Canvas& canvas, const std::string& title, const std::string& subtitle) {
  canvas.text({kMargin, 62}, title, {.size = kTitleSize, .color = kInk, .bold = true});
  canvas.text({kMargin, 92}, subtitle, {.size = kSubtitleSize, .color = kFaintInk});
}

std::string percent(double share, int decimals) {
  return fmt::format("{:.{}f}{}%", 100 * share, decimals, kThinSpace);
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, kThinSpace);
  return digits;
}

}  // namespace fashion_mnist
