// ConfigFunction: what an initializer, a regularizer, a constraint (a schedule, a loss …) have in common: a
// function that Keras lets the user give as a name, as an object with a config, or as a callable of his own.
//
// A typed object is a struct of options that can be called:
//
//   struct Constant {
//     double value = 0.0;
//     static constexpr const char* kName = "Constant";
//     template <class Self, class Visitor>
//     static void visit(Self& o, Visitor& v) { v("value", o.value); }
//     Tensor operator()(const Shape& shape, DType dtype) const;
//   };
//
// It may have `void check()` (throws ValueError, and may normalise fields), called once when it becomes a
// handle. One of the user's own is made known to strings and files by a line such as
// `register_initializer<Halves>()`; files then name it "Custom>Halves", as Keras does.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "sepal/base/compatibility.h"
#include "sepal/base/config.h"
#include "sepal/base/error.h"

namespace sepal {

/// The package of what is registered without one (keras.saving.register_keras_serializable).
inline constexpr const char* kDefaultPackage = "Custom";

/// What a JSON identifier says: null, a bare name, {"class_name", "config"} with or without "module", or a
/// function's envelope. `config` points into the JSON, nullptr where a bare name stood.
struct ConfigIdentifier {
  std::string name;  // empty: null
  const Json* config = nullptr;
  std::string registered_name = {};  // "Custom>Halves" for what is not Keras's
};

/// @throws ValueError "Could not interpret initializer identifier: …" if it is none of these; `owner` says
/// where it stood.
ConfigIdentifier read_identifier(const Json& in, const char* kind, const std::string& owner);

/// Writes {"module", "class_name", "config", "registered_name"}. A `registered_name` marks a class that is
/// not one of Keras's: it has no module.
void put_identifier(Json& out, const char* key, const char* module, const std::string& class_name,
                    const char* registered_name, const std::function<void(Json& config)>& write_config);
/// The envelope of a plain function.
void put_function_identifier(Json& out, const char* key, const std::string& name);
/// What tf.keras of TensorFlow 1.4 writes: {"class_name", "config"}. `to_tf14` turns the class name and the
/// config of Keras 3 into the old ones (nullptr: they stay).
void put_tf14_identifier(Json& out, const char* key, std::string class_name,
                         const std::function<void(Json& config)>& write_config,
                         void (*to_tf14)(std::string& class_name, Json& config));
void put_tf14_function(Json& out, const char* key, const std::string& name);
void put_none(Json& out, const char* key);

[[noreturn]] void throw_unknown_identifier(const char* kind, const ConfigIdentifier& identifier);
[[noreturn]] void throw_nameless_function(const char* kind, const char* key);
[[noreturn]] void throw_empty_function(const char* kind);

/// Finds the text option `key` among the visited ones.
class TextFinder {
 public:
  explicit TextFinder(std::string_view key) : key_(key) {}
  template <class T>
  void operator()(const char* key, const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (key_ == key) found = value;
    }
  }
  std::string found;

 private:
  std::string_view key_;
};

/// A T whose fields come from `config` (its defaults if nullptr).
/// @throws ValueError for a field of a wrong type; TypeError for an unknown key, except those in `ignored`.
template <class T>
T read_object(const Json* config, const std::string& owner, std::initializer_list<const char*> ignored) {
  T object{};
  if (config != nullptr) {
    ConfigReader reader(*config, owner);
    T::visit(object, reader);
    reader.ignore(ignored);
    reader.expect_all_used();
  }
  return object;
}

/// Derived supplies `kKind` ("initializer"), `kModule` ("keras.initializers"), `kIgnored` (config keys of
/// older writers that mean nothing) and `static void fill(Table&)` with the built-in objects. What layers
/// write into their configs also has a `static void to_tf14(std::string& class_name, Json& config)` for
/// put_tf14_identifier.
template <class Derived, class Signature>
class ConfigFunction;

template <class Derived, class Result, class... Args>
class ConfigFunction<Derived, Result(Args...)> {
  struct Body {
    virtual ~Body() = default;
    virtual Result call(Args... args) const = 0;
    virtual std::string name() const = 0;
    virtual std::string text(std::string_view option) const = 0;
    virtual void put(Json& out, const char* key) const = 0;
  };

  template <class T>
  struct ObjectBody final : Body {
    T object;
    explicit ObjectBody(T o) : object(std::move(o)) {
      if constexpr (requires { object.check(); }) object.check();
    }
    Result call(Args... args) const override { return object(args...); }
    std::string name() const override { return T::kName; }
    std::string text(std::string_view option) const override {
      TextFinder finder(option);
      T::visit(object, finder);
      return finder.found;
    }
    void put(Json& out, const char* key) const override {
      const auto write_config = [this](Json& config) { write_options(config, object); };
      const std::string registered = table().registered_name(T::kName);
      if constexpr (requires { &Derived::to_tf14; }) {
        if (compatibility() == Compatibility::tf14) {
          put_tf14_identifier(out, key, T::kName, write_config,
                              registered.empty() ? &Derived::to_tf14 : nullptr);
          return;
        }
      }
      put_identifier(out, key, Derived::kModule, T::kName, registered.empty() ? nullptr : registered.c_str(),
                     write_config);
    }
  };

  struct FunctionBody final : Body {
    std::string function_name;  // empty: it cannot be saved
    std::string package;        // empty: files have the bare name
    std::function<Result(Args...)> function;
    FunctionBody(std::string n, std::function<Result(Args...)> f, std::string p = {})
        : function_name(std::move(n)), package(std::move(p)), function(std::move(f)) {}
    Result call(Args... args) const override { return function(args...); }
    std::string name() const override { return function_name; }
    std::string text(std::string_view) const override { return {}; }
    void put(Json& out, const char* key) const override {
      if (function_name.empty()) throw_nameless_function(Derived::kKind, key);
      if constexpr (requires { &Derived::to_tf14; }) {
        if (compatibility() == Compatibility::tf14) {
          put_tf14_function(out, key, function_name);
          return;
        }
      }
      put_function_identifier(out, key, package.empty() ? function_name : package + ">" + function_name);
    }
  };

 public:
  /// The names that strings and files may use. Add to it before other threads read it.
  class Table {
   public:
    /// A class under its own name and `aliases` (by custom the same in snake_case).
    template <class T>
    void add(std::initializer_list<const char*> aliases = {}) {
      const Make make = [](const Json* config, const std::string& owner) {
        return std::make_shared<const ObjectBody<T>>(read_object<T>(config, owner, Derived::kIgnored));
      };
      makers_[T::kName] = make;
      for (const char* alias : aliases) makers_[alias] = make;
    }
    /// A function without a config.
    void add(const std::string& name, std::function<Result(Args...)> function) {
      auto body = std::make_shared<const FunctionBody>(name, std::move(function));
      makers_[name] = [body](const Json*, const std::string&) { return body; };
    }
    /// `name` with the defaults of `object` instead of those of its class.
    template <class T>
    void add_as(const std::string& name, T object) {
      auto body = std::make_shared<const ObjectBody<T>>(std::move(object));
      makers_[name] = [body](const Json*, const std::string&) { return body; };
    }

    /// A class of the user's, which files call "package>Name".
    template <class T>
    void add_custom(const std::string& package) {
      add<T>();
      makers_[package + ">" + T::kName] = makers_[T::kName];
      packages_[T::kName] = package;
    }
    /// A function of the user's, which files call "package>name".
    void add_custom(const std::string& name, std::function<Result(Args...)> function,
                    const std::string& package) {
      auto body = std::make_shared<const FunctionBody>(name, std::move(function), package);
      const Make make = [body](const Json*, const std::string&) { return body; };
      makers_[name] = make;
      makers_[package + ">" + name] = make;
    }

   private:
    friend class ConfigFunction;

    // Empty for a class of Keras's. A class that nobody registered is written as one of the default package.
    std::string registered_name(const std::string& class_name) const {
      const auto package = packages_.find(class_name);
      if (package != packages_.end()) return package->second + ">" + class_name;
      return makers_.contains(class_name) ? std::string() : kDefaultPackage + (">" + class_name);
    }

    using Make = std::function<std::shared_ptr<const Body>(const Json* config, const std::string& owner)>;
    std::map<std::string, Make> makers_;
    std::map<std::string, std::string> packages_;  // of classes of the user's, by class name
  };

  static Table& table() {
    static Table table = [] {
      Table filled;
      Derived::fill(filled);
      return filled;
    }();
    return table;
  }

  /// None.
  ConfigFunction() = default;
  ConfigFunction(std::nullptr_t) {}  // NOLINT: Keras takes None
  /// @throws ValueError if no object has this name.
  ConfigFunction(const char* name) : ConfigFunction(std::string(name)) {}           // NOLINT
  ConfigFunction(const std::string& name) : body_(make({name}, Derived::kKind)) {}  // NOLINT
  /// A config object: {"class_name": "HeNormal", "config": {"seed": 1}}.
  /// @throws ValueError if it names no object or has an option out of its rule.
  template <std::same_as<Json> Object>
  ConfigFunction(const Object& identifier) {  // NOLINT
    Derived read;
    config_get(identifier, {Derived::kKind, "identifier"}, read);
    *this = std::move(read);
  }
  /// A typed object, or a function of the caller's.
  template <class F>
  requires(!std::is_base_of_v<ConfigFunction, F> && std::is_invocable_r_v<Result, const F&, Args...>)
      ConfigFunction(F function) {  // NOLINT
    if constexpr (requires { F::kName; }) {
      body_ = std::make_shared<const ObjectBody<F>>(std::move(function));
    } else {
      body_ = std::make_shared<const FunctionBody>(std::string(), std::move(function));
    }
  }

  explicit operator bool() const { return body_ != nullptr; }

  /// @throws RuntimeError if there is none.
  Result operator()(Args... args) const {
    if (!body_) throw_empty_function(Derived::kKind);
    return body_->call(args...);
  }

  /// Its class name or function name; empty for a callable without one.
  std::string name() const { return body_ ? body_->name() : std::string(); }

  /// The value of the text option `option` ("reduction"); empty if the object has none.
  std::string text(std::string_view option) const { return body_ ? body_->text(option) : std::string(); }

  /// The typed object, or nullptr if it is not a T.
  template <class T>
  const T* as() const {
    const auto* body = dynamic_cast<const ObjectBody<T>*>(body_.get());
    return body ? &body->object : nullptr;
  }

  friend void config_put(Json& out, const char* key, const Derived& value) {
    if (value.body_) {
      value.body_->put(out, key);
    } else {
      put_none(out, key);
    }
  }

  friend void config_get(const Json& in, const ConfigField& field, Derived& value) {
    const ConfigIdentifier identifier = read_identifier(in, Derived::kKind, field.str());
    Derived result;
    if (!identifier.name.empty()) result.body_ = make(identifier, field.str());
    value = std::move(result);
  }

 private:
  static std::shared_ptr<const Body> make(const ConfigIdentifier& identifier, const std::string& owner) {
    const auto& makers = table().makers_;
    auto found = makers.find(identifier.registered_name);
    if (found == makers.end()) found = makers.find(identifier.name);
    if (found == makers.end()) throw_unknown_identifier(Derived::kKind, identifier);
    return found->second(identifier.config, owner);
  }

  std::shared_ptr<const Body> body_;
};

}  // namespace sepal
