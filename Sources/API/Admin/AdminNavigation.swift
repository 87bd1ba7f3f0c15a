/// Values of the template `admin-nav`: links between the admin pages.
enum AdminNavigation {
    static func view(_ current: String) -> View {
        let links = [
            ("Users", "/admin/users"), ("Orders", "/admin/orders"), ("Reports", "/admin/reports"),
            ("Frozen orders", "/admin/frozen"),
        ]
        return ["links": links.map { ["text": $0, "path": $1, "current": $1 == current] as View }]
    }
}
