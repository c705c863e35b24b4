// Exceptions named as in Python, so that a Keras user meets the class he knows.
#pragma once

#include <stdexcept>
#include <string>

namespace sepal {

/// Root of every exception thrown by Sepal.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An argument has the right type and a value that the rule for it forbids.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// An argument, tensor or config entry has the wrong type, or a keyword is not known.
class TypeError : public Error {
 public:
  using Error::Error;
};

/// A property that does not exist in this state, such as `input` of a layer never called.
class AttributeError : public Error {
 public:
  using Error::Error;
};

/// An operation that this state of the object or of the process does not allow.
class RuntimeError : public Error {
 public:
  using Error::Error;
};

/// A combination of values that only shows when the operation runs (TensorFlow's error of this name).
class InvalidArgumentError : public Error {
 public:
  using Error::Error;
};

/// A documented combination that has no implementation.
class UnimplementedError : public Error {
 public:
  using Error::Error;
};

/// The environment failed: a file that cannot be opened or written, a full disk, no memory.
class OSError : public Error {
 public:
  using Error::Error;
};

}  // namespace sepal
