# What docs/endpoints.md tells an administrator to do. Prints three API keys: two of accounts that see their own issues
# alone, and the keeper's.
Setting.rest_api_enabled = '1'
Setting.attachment_max_size = ENV.fetch('ATTACHMENT_LIMIT_KB')
Setting.attachment_extensions_denied = ''

role = Role.create!(name: 'Device', issues_visibility: 'own',
                    permissions: %i[view_issues add_issues add_issue_notes])
project = Project.new(name: 'Support', identifier: 'support', is_public: false)
project.enabled_module_names = ['issue_tracking']
project.trackers = Tracker.all
project.save!

keys = %w[device-1 device-2].map do |name|
  user = User.new(firstname: 'Device', lastname: name, mail: "#{name}@redmine.test", language: 'en')
  user.login = name
  user.password = user.password_confirmation = SecureRandom.hex(16)
  user.save!
  member = Member.new(project: project, user: user)
  member.roles = [role]
  member.save!
  user.api_key
end

keeper = User.find_by_login('admin')
keeper.must_change_passwd = false
keeper.save!
puts [*keys, keeper.api_key]
