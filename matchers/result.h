#pragma once
// The one way in which a function says that it failed at run time. Start-up errors are exceptions, caught in main.
#include <string>
#include <utility>
#include <variant>

namespace culprit {

/// What was wrong, where, and what to do about it: one line, fit for a person.
struct Error {
    std::string message;
};

/// A value or an Error. `value()` and `error()` require that the caller has asked `ok()`.
template <class T>
class [[nodiscard]] Result {
   public:
    Result(T value) : state_(std::move(value)) {}
    Result(Error error) : state_(std::move(error)) {}

    bool ok() const { return std::holds_alternative<T>(state_); }
    explicit operator bool() const { return ok(); }
    const T& value() const& { return std::get<T>(state_); }
    T& value() & { return std::get<T>(state_); }
    T&& value() && { return std::get<T>(std::move(state_)); }
    const Error& error() const { return std::get<Error>(state_); }

   private:
    std::variant<T, Error> state_;
};

/// Success without a value.
struct Done {};

}  // namespace culprit
