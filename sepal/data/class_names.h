// What the classes of a classifier are called.
#pragma once

#include <string>
#include <vector>

namespace sepal {

struct ClassName {
  /// "n01440764"; empty if the file tells none.
  std::string id;
  /// "tench"
  std::string name;
};

/// The classes in the order of their numbers. Either text, a line for each class, or the JSON of Keras's
/// `imagenet_class_index.json`, {"0": ["n01440764", "tench"], …}; told by the content.
/// @throws OSError if the file cannot be read; ValueError naming the file and the line or key that is wrong
/// or missing.
std::vector<ClassName> read_class_names(const std::string& path);

}  // namespace sepal
