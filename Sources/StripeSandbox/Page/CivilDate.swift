/// A day of the Gregorian calendar, in UTC.
///
/// https://howardhinnant.github.io/date_algorithms.html#civil_from_days
struct CivilDate: Equatable {
    let year: Int
    let month: Int
    let day: Int

    init(secondsSince1970 seconds: Int64) {
        // Days since 1 March of the year 0, so that the leap day is a year's last.
        let days = Int(seconds / 86_400) + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
