// The modules of Keras that a config names beside an operation's class.
#pragma once

namespace sepal::keras_modules {

inline constexpr const char* kCore = "keras.src.ops.core";
inline constexpr const char* kImage = "keras.src.ops.image";
inline constexpr const char* kLinalg = "keras.src.ops.linalg";
inline constexpr const char* kMath = "keras.src.ops.math";
inline constexpr const char* kNn = "keras.src.ops.nn";
inline constexpr const char* kNumpy = "keras.src.ops.numpy";

}  // namespace sepal::keras_modules
