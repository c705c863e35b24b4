// Colours and letter sizes that all pictures share.
#pragma once

#include "examples/fashion_mnist/canvas.h"

namespace fashion_mnist {

inline constexpr Color kPaper = rgb(0xFCFCFA);
inline constexpr Color kPanel = rgb(0xFFFFFF);
inline constexpr Color kInk = rgb(0x22262B);
inline constexpr Color kFaintInk = rgb(0x6B727B);
inline constexpr Color kGrid = rgb(0xE6E8EB);
// Blue and orange stay apart for every common kind of colour blindness.
inline constexpr Color kBlue = rgb(0x1F5FA8);
inline constexpr Color kBlueTint = rgb(0xE4EDF7);
inline constexpr Color kOrange = rgb(0xC8590B);

inline constexpr double kTitleSize = 27;
inline constexpr double kSubtitleSize = 17;
inline constexpr double kLabelSize = 15;
inline constexpr double kMargin = 48;

/// Title and subtitle at the top left of a picture.
void draw_heading(Canvas& canvas, const std::string& title, const std::string& subtitle);

/// "91.3 %".
std::string percent(double share, int decimals = 1);

/// "10 000".
std::string grouped(std::int64_t number);

}  // namespace fashion_mnist
