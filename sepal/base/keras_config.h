// The defaults of the whole process (keras.config) and the file they come from, keras.json.
//
// A value that was set here wins, else that of the file, else the built-in one. The file is read once, when a
// default is first asked for: that given to `use_keras_config`, else `keras.json` in the folder that the
// environment variable KERAS_HOME names, else `~/.keras/keras.json`. Where there is none, none is made.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sepal/base/dtype.h"

namespace sepal {

/// As `set_floatx(DType)` (sepal/base/dtype.h), by name.
/// @throws ValueError for anything but "bfloat16", "float16", "float32" and "float64".
void set_floatx(std::string_view name);

/// The fuzz that Keras adds or clips to where a number could be 0: norms of constraints, probabilities of
/// losses. 1e-7 at start. Normalization layers and optimizers have an epsilon of their own.
double epsilon();
void set_epsilon(double value);

/// What layers take that are given no `data_format`: "channels_last" at start.
std::string image_data_format();
/// Affects layers made later.
/// @throws ValueError for anything but "channels_last" and "channels_first" (in any case).
void set_image_data_format(const std::string& data_format);

/// What a keras.json says; empty where it says nothing.
struct KerasConfig {
  std::optional<DType> floatx = {};
  std::optional<double> epsilon = {};
  std::optional<std::string> image_data_format = {};
};

/// Reads a keras.json. Other keys than these three are ignored ("backend" among them). A file that is no JSON
/// says nothing, and a line on stderr warns of it.
/// @throws OSError if it cannot be read; ValueError naming the file and the key for a value out of its rule.
/// As in Keras, epsilon must be written as a float: 1.0, not 1.
KerasConfig read_keras_config(const std::string& path);

/// Takes the defaults from this file instead of the usual one. Values that were set stay.
/// @throws as read_keras_config.
void use_keras_config(const std::string& path);

/// Where the usual file is, whether it exists or not; empty if there is neither KERAS_HOME nor HOME.
std::string keras_config_path();

/// Writes the present defaults, keeps other keys that the file has, and makes its folder if need be.
/// @throws OSError if it cannot be written; ValueError if there is a file that is no JSON object.
void save_keras_config(const std::string& path = keras_config_path());

}  // namespace sepal
